// This:
#[events(rename_all = "kebab-case")]
pub enum Request {
    /// Post a message to a room.
    #[event("chat message", ack = u64, error = PostError)]
    Post { room: String, text: String },
    #[event(ack = Vec<String>)]
    ReadHistory(String, u32),
    #[deprecated]
    Typing,
}

// becomes this:
///Handles the events of [`Request`]: a method for each, called when a client sends it.
#[allow(dead_code, clippy::too_many_arguments)]
pub trait RequestHandler<N>: Send + Sync + 'static
where
    N: Receives<Request>,
{
    /// Post a message to a room.
    fn post(
        &self,
        socket: Socket<N>,
        room: String,
        text: String,
    ) -> impl Future<Output = Result<u64, PostError>> + Send;
    ///Called when a client sent `read-history`.
    fn read_history(
        &self,
        socket: Socket<N>,
        arg0: String,
        arg1: u32,
    ) -> impl Future<Output = Vec<String>> + Send;
    ///Called when a client sent `typing`.
    fn typing(&self, socket: Socket<N>) -> impl Future<Output = ()> + Send;
}
///Emits the events of [`Request`]: a method for each.
#[allow(missing_debug_implementations)]
pub struct RequestEmitter<T>(T);
#[automatically_derived]
#[allow(dead_code, clippy::too_many_arguments)]
impl<T> RequestEmitter<T>
where
    T: EmitTarget,
{
    /// Post a message to a room.
    pub fn post(
        &self,
        room: impl EmitArg<String>,
        text: impl EmitArg<String>,
    ) -> T::Ack<Fallible<u64, PostError>> {
        <u64 as EventArg>::check();
        <PostError as ErrorBeside<
            u64,
        >>::ask(
            &self.0,
            EventName::new("chat message", "\"chat message\""),
            &|writer| {
                ArgWriter::arg(writer, EmitArg::<String>::wire(&room));
                ArgWriter::arg(writer, EmitArg::<String>::wire(&text));
            },
        )
    }
    ///Emits `read-history`.
    pub fn read_history(
        &self,
        arg0: impl EmitArg<String>,
        arg1: impl EmitArg<u32>,
    ) -> T::Ack<Plain<Vec<String>>> {
        <Vec<
            String,
        > as EventArg>::ask(
            &self.0,
            EventName::new("read-history", "\"read-history\""),
            &|writer| {
                ArgWriter::arg(writer, EmitArg::<String>::wire(&arg0));
                ArgWriter::arg(writer, EmitArg::<u32>::wire(&arg1));
            },
        )
    }
    ///Emits `typing`.
    #[deprecated]
    pub fn typing(&self) -> T::Sent {
        EmitTarget::send(&self.0, EventName::new("typing", "\"typing\""), &|writer| {})
    }
}
const _: () = {
    use ::sockeye::__private as __sockeye;
    #[automatically_derived]
    #[allow(deprecated)]
    impl<N, H> RequestHandler<N> for Arc<H>
    where
        N: Receives<Request>,
        H: RequestHandler<N>,
    {
        fn post(
            &self,
            socket: Socket<N>,
            arg0: String,
            arg1: String,
        ) -> impl Future<Output = Result<u64, PostError>> + Send {
            <H as RequestHandler<N>>::post(&**self, socket, arg0, arg1)
        }
        fn read_history(
            &self,
            socket: Socket<N>,
            arg0: String,
            arg1: u32,
        ) -> impl Future<Output = Vec<String>> + Send {
            <H as RequestHandler<N>>::read_history(&**self, socket, arg0, arg1)
        }
        fn typing(&self, socket: Socket<N>) -> impl Future<Output = ()> + Send {
            <H as RequestHandler<N>>::typing(&**self, socket)
        }
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl Events for Request {
        const EVENTS: &'static [EventDef] = &[
            EventDef::new(
                "chat message",
                "post",
                &[ArgDef::new("room"), ArgDef::new("text")],
                true,
            ),
            EventDef::new(
                "read-history",
                "read_history",
                &[ArgDef::new("arg0"), ArgDef::new("arg1")],
                true,
            ),
            EventDef::new("typing", "typing", &[], false),
        ];
        fn decode(
            name: &str,
            args: &mut ArgReader<'_>,
        ) -> Result<Option<Self>, DecodeError> {
            match name {
                "chat message" => {
                    let arg0 = <String as EventArg>::read(args, "room")?;
                    let arg1 = <String as EventArg>::read(args, "text")?;
                    ArgReader::finish(args)?;
                    Result::Ok(
                        Option::Some(Request::Post {
                            room: arg0,
                            text: arg1,
                        }),
                    )
                }
                "read-history" => {
                    let arg0 = <String as EventArg>::read(args, "arg0")?;
                    let arg1 = <u32 as EventArg>::read(args, "arg1")?;
                    ArgReader::finish(args)?;
                    Result::Ok(Option::Some(Request::ReadHistory(arg0, arg1)))
                }
                "typing" => {
                    ArgReader::finish(args)?;
                    Result::Ok(Option::Some(Request::Typing))
                }
                _ => Result::Ok(Option::None),
            }
        }
        fn name(&self) -> EventName<'_> {
            match self {
                Request::Post { .. } => {
                    EventName::new("chat message", "\"chat message\"")
                }
                Request::ReadHistory { .. } => {
                    EventName::new("read-history", "\"read-history\"")
                }
                Request::Typing { .. } => EventName::new("typing", "\"typing\""),
            }
        }
        fn encode(&self, args: &mut ArgWriter) {
            match self {
                Request::Post { room: arg0, text: arg1 } => {
                    <String as EventArg>::write(arg0, args);
                    <String as EventArg>::write(arg1, args);
                }
                Request::ReadHistory(arg0, arg1) => {
                    <String as EventArg>::write(arg0, args);
                    <u32 as EventArg>::write(arg1, args);
                }
                Request::Typing => {}
            }
        }
    }
    #[automatically_derived]
    impl Emits for Request {
        type Emitter<T: EmitTarget> = RequestEmitter<T>;
        fn emitter<T: EmitTarget>(target: T) -> RequestEmitter<T> {
            RequestEmitter(target)
        }
    }
    #[automatically_derived]
    impl ClientToServer for Request {}
    #[automatically_derived]
    #[allow(deprecated)]
    impl<N, H> Dispatch<Socket<N>, H> for Request
    where
        N: Receives<Request>,
        H: RequestHandler<N>,
    {
        fn dispatch(
            handler: &Arc<H>,
            context: Socket<N>,
            name: &str,
            args: &mut ArgReader<'_>,
            reply: ReplyTo,
        ) -> Dispatched {
            fn post<N, H>(
                handler: &Arc<H>,
                context: Socket<N>,
                args: &mut ArgReader<'_>,
                reply: ReplyTo,
            ) -> Dispatched
            where
                N: Receives<Request>,
                H: RequestHandler<N>,
            {
                let arg0 = match <String as EventArg>::read(args, "room") {
                    Result::Ok(value) => value,
                    Result::Err(error) => {
                        return {
                            use {FromDecodeError as _, NotFromDecodeError as _};
                            (&Refusal::<PostError>::new()).failed(error, reply)
                        };
                    }
                };
                let arg1 = match <String as EventArg>::read(args, "text") {
                    Result::Ok(value) => value,
                    Result::Err(error) => {
                        return {
                            use {FromDecodeError as _, NotFromDecodeError as _};
                            (&Refusal::<PostError>::new()).failed(error, reply)
                        };
                    }
                };
                if let Result::Err(error) = ArgReader::finish(args) {
                    return {
                        use {FromDecodeError as _, NotFromDecodeError as _};
                        (&Refusal::<PostError>::new()).failed(error, reply)
                    };
                }
                let handler = Clone::clone(handler);
                Dispatched::Handler {
                    event: &<Request as Events>::EVENTS[0usize],
                    future: Box::pin(async move {
                        let result = <H as RequestHandler<
                            N,
                        >>::post(&handler, context, arg0, arg1)
                            .await;
                        <PostError as ErrorBeside<u64>>::answer(&result, reply)
                    }),
                }
            }
            fn read_history<N, H>(
                handler: &Arc<H>,
                context: Socket<N>,
                args: &mut ArgReader<'_>,
                reply: ReplyTo,
            ) -> Dispatched
            where
                N: Receives<Request>,
                H: RequestHandler<N>,
            {
                let arg0 = match <String as EventArg>::read(args, "arg0") {
                    Result::Ok(value) => value,
                    Result::Err(error) => return failed(error),
                };
                let arg1 = match <u32 as EventArg>::read(args, "arg1") {
                    Result::Ok(value) => value,
                    Result::Err(error) => return failed(error),
                };
                if let Result::Err(error) = ArgReader::finish(args) {
                    return failed(error);
                }
                let handler = Clone::clone(handler);
                Dispatched::Handler {
                    event: &<Request as Events>::EVENTS[1usize],
                    future: Box::pin(async move {
                        let result = <H as RequestHandler<
                            N,
                        >>::read_history(&handler, context, arg0, arg1)
                            .await;
                        <Vec<String> as EventArg>::answer(&result, reply)
                    }),
                }
            }
            fn typing<N, H>(
                handler: &Arc<H>,
                context: Socket<N>,
                args: &mut ArgReader<'_>,
                reply: ReplyTo,
            ) -> Dispatched
            where
                N: Receives<Request>,
                H: RequestHandler<N>,
            {
                if let Result::Err(error) = ArgReader::finish(args) {
                    return failed(error);
                }
                let handler = Clone::clone(handler);
                Dispatched::Handler {
                    event: &<Request as Events>::EVENTS[2usize],
                    future: Box::pin(async move {
                        let () = <H as RequestHandler<N>>::typing(&handler, context)
                            .await;
                        ReplyTo::none(reply)
                    }),
                }
            }
            match name {
                "chat message" => post(handler, context, args, reply),
                "read-history" => read_history(handler, context, args, reply),
                "typing" => typing(handler, context, args, reply),
                _ => Dispatched::Unknown,
            }
        }
    }
    #[automatically_derived]
    impl<C> Guarded<C> for Request {
        fn guard<G: 'static>(
            _: &C,
            _: usize,
        ) -> impl Future<Output = Result<G, Refused>> + Send {
            ready_guard()
        }
    }
};
