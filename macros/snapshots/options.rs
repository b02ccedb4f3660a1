// This:
#[events(deny_extra)]
enum Request {
    #[event(aliases("say"), guard = Member, ack = u64, error = PostError)]
    Post {
        #[arg(nullable)]
        room: Option<String>,
        #[arg(with = millis)]
        at: Duration,
        #[arg(default = once)]
        times: u32,
        #[arg(default)]
        note: String,
    },
    #[event(optional, ack = bool)]
    Typing,
}

// becomes this:
///Handles the events of [`Request`]: a method for each, called when a client sends it.
#[allow(dead_code, clippy::too_many_arguments)]
trait RequestHandler<N>
where
    N: Receives<Request>,
{
    ///Called when a client sent `post`.
    fn post(
        &self,
        socket: Socket<N>,
        guard: Member,
        room: Option<String>,
        at: Duration,
        times: u32,
        note: String,
    ) -> impl Future<Output = Result<u64, PostError>> + Send
    where
        Self: Shared;
    ///Called when a client sent `typing`.
    ///
    /// It may be left out: the event is `optional`.
    #[allow(unused_variables)]
    fn typing(&self, socket: Socket<N>) -> impl Future<Output = bool> + Send
    where
        Self: Shared,
    {
        ready(<bool as HasDefault>::default_value())
    }
}
///Emits the events of [`Request`]: a method for each.
#[allow(missing_debug_implementations)]
struct RequestEmitter<T>(T);
#[automatically_derived]
#[allow(dead_code, clippy::too_many_arguments)]
impl<T> RequestEmitter<T>
where
    T: EmitTarget,
{
    ///Emits `post`.
    fn post(
        &self,
        room: impl EmitArg<Option<String>>,
        at: impl EmitValue<Duration>,
        times: impl EmitArg<u32>,
        note: impl EmitArg<String>,
    ) -> T::Ack<Fallible<u64, PostError>> {
        <u64 as EventArg>::check();
        <PostError as ErrorBeside<
            u64,
        >>::ask(
            &self.0,
            EventName::new("post", "\"post\""),
            &|writer| {
                ArgWriter::arg(writer, EmitArg::<Option<String>>::wire(&room));
                write_coded::<
                    Duration,
                    Request,
                    1usize,
                >(EmitValue::<Duration>::value(&at), writer);
                ArgWriter::arg(writer, EmitArg::<u32>::wire(&times));
                ArgWriter::arg(writer, EmitArg::<String>::wire(&note));
            },
        )
    }
    ///Emits `typing`.
    fn typing(&self) -> T::Ack<Plain<bool>> {
        <bool as EventArg>::ask(
            &self.0,
            EventName::new("typing", "\"typing\""),
            &|writer| {},
        )
    }
}
const _: () = {
    use ::sockeye::__private as __sockeye;
    #[automatically_derived]
    #[allow(deprecated)]
    impl<N, H> RequestHandler<N> for Arc<H>
    where
        N: Receives<Request>,
        H: RequestHandler<N> + Shared,
    {
        fn post(
            &self,
            socket: Socket<N>,
            guard: Member,
            arg0: Option<String>,
            arg1: Duration,
            arg2: u32,
            arg3: String,
        ) -> impl Future<Output = Result<u64, PostError>> + Send
        where
            Self: Shared,
        {
            <H as RequestHandler<
                N,
            >>::post(&**self, socket, guard, arg0, arg1, arg2, arg3)
        }
        fn typing(&self, socket: Socket<N>) -> impl Future<Output = bool> + Send
        where
            Self: Shared,
        {
            <H as RequestHandler<N>>::typing(&**self, socket)
        }
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl Events for Request {
        const EVENTS: &'static [EventDef] = &[
            EventDef::new(
                    "post",
                    "post",
                    &[
                        ArgDef::new("room"),
                        ArgDef::new("at"),
                        ArgDef::new("times"),
                        ArgDef::new("note"),
                    ],
                    true,
                )
                .with_aliases(&["say"]),
            EventDef::new("typing", "typing", &[], true),
        ];
        fn decode(
            name: &str,
            args: &mut ArgReader<'_>,
        ) -> Result<Option<Self>, DecodeError> {
            match name {
                "post" | "say" => {
                    let arg0 = ArgReader::present(args, "room")
                        .and_then(|()| <Option<
                            String,
                        > as EventArg>::read(args, "room"))?;
                    let arg1 = read_coded::<Duration, Request, 1usize>(args, "at")?;
                    let arg2 = <u32 as EventArg>::read_or(
                        args,
                        "times",
                        || -> u32 { once() },
                    )?;
                    let arg3 = <String as EventArg>::read_or(
                        args,
                        "note",
                        <String as HasDefault>::default_value,
                    )?;
                    ArgReader::deny_extra(args)?;
                    Result::Ok(
                        Option::Some(Request::Post {
                            room: arg0,
                            at: arg1,
                            times: arg2,
                            note: arg3,
                        }),
                    )
                }
                "typing" => {
                    ArgReader::deny_extra(args)?;
                    Result::Ok(Option::Some(Request::Typing))
                }
                _ => Result::Ok(Option::None),
            }
        }
        fn name(&self) -> EventName<'_> {
            match self {
                Request::Post { .. } => EventName::new("post", "\"post\""),
                Request::Typing { .. } => EventName::new("typing", "\"typing\""),
            }
        }
        fn encode(&self, args: &mut ArgWriter) {
            match self {
                Request::Post { room: arg0, at: arg1, times: arg2, note: arg3 } => {
                    <Option<String> as EventArg>::write(arg0, args);
                    write_coded::<Duration, Request, 1usize>(arg1, args);
                    <u32 as EventArg>::write(arg2, args);
                    <String as EventArg>::write(arg3, args);
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
        N: Receives<Request> + Admits<Request, Socket<N>>,
        H: RequestHandler<N>,
    {
        fn dispatch(
            handler: &Arc<H>,
            context: Socket<N>,
            name: &str,
            args: &mut ArgReader<'_>,
            reply: ReplyTo,
        ) -> Dispatched
        where
            H: Shared,
        {
            fn post<N, H>(
                handler: &Arc<H>,
                context: Socket<N>,
                args: &mut ArgReader<'_>,
                reply: ReplyTo,
            ) -> Dispatched
            where
                N: Receives<Request> + Admits<Request, Socket<N>>,
                H: RequestHandler<N> + Shared,
            {
                let arg0 = match ArgReader::present(args, "room")
                    .and_then(|()| <Option<String> as EventArg>::read(args, "room"))
                {
                    Result::Ok(value) => value,
                    Result::Err(error) => {
                        return {
                            use {FromDecodeError as _, NotFromDecodeError as _};
                            (&Refusal::<PostError>::new()).failed(error, reply)
                        };
                    }
                };
                let arg1 = match read_coded::<Duration, Request, 1usize>(args, "at") {
                    Result::Ok(value) => value,
                    Result::Err(error) => {
                        return {
                            use {FromDecodeError as _, NotFromDecodeError as _};
                            (&Refusal::<PostError>::new()).failed(error, reply)
                        };
                    }
                };
                let arg2 = match <u32 as EventArg>::read_or(
                    args,
                    "times",
                    || -> u32 { once() },
                ) {
                    Result::Ok(value) => value,
                    Result::Err(error) => {
                        return {
                            use {FromDecodeError as _, NotFromDecodeError as _};
                            (&Refusal::<PostError>::new()).failed(error, reply)
                        };
                    }
                };
                let arg3 = match <String as EventArg>::read_or(
                    args,
                    "note",
                    <String as HasDefault>::default_value,
                ) {
                    Result::Ok(value) => value,
                    Result::Err(error) => {
                        return {
                            use {FromDecodeError as _, NotFromDecodeError as _};
                            (&Refusal::<PostError>::new()).failed(error, reply)
                        };
                    }
                };
                if let Result::Err(error) = ArgReader::deny_extra(args) {
                    return {
                        use {FromDecodeError as _, NotFromDecodeError as _};
                        (&Refusal::<PostError>::new()).failed(error, reply)
                    };
                }
                let handler = Clone::clone(handler);
                Dispatched::Guarded {
                    event: &<Request as Events>::EVENTS[0usize],
                    future: Box::pin(async move {
                        let guard = <<N as Admits<
                            Request,
                            Socket<N>,
                        >>::Guarded as Guarded<Socket<N>>>::guard::<_>(&context, 0usize);
                        let guard = match guard.await {
                            Result::Ok(guard) => guard,
                            Result::Err(refusal) => {
                                return Result::Err({
                                    use {FromRefused as _, NotFromRefused as _};
                                    (&Refusal::<PostError>::new()).refused(refusal, reply)
                                });
                            }
                        };
                        Result::Ok({
                            let result = <H as RequestHandler<
                                N,
                            >>::post(&handler, context, guard, arg0, arg1, arg2, arg3)
                                .await;
                            <PostError as ErrorBeside<u64>>::answer(&result, reply)
                        })
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
                N: Receives<Request> + Admits<Request, Socket<N>>,
                H: RequestHandler<N> + Shared,
            {
                if let Result::Err(error) = ArgReader::deny_extra(args) {
                    return failed(error);
                }
                let handler = Clone::clone(handler);
                Dispatched::Handler {
                    event: &<Request as Events>::EVENTS[1usize],
                    future: Box::pin(async move {
                        let result = <H as RequestHandler<N>>::typing(&handler, context)
                            .await;
                        <bool as EventArg>::answer(&result, reply)
                    }),
                }
            }
            match name {
                "post" | "say" => post(handler, context, args, reply),
                "typing" => typing(handler, context, args, reply),
                _ => Dispatched::Unknown,
            }
        }
    }
    #[automatically_derived]
    impl<N, C, H> HandledBy<N, C, H> for Request
    where
        Request: Handled<N, C, H>,
    {
        fn dispatch(
            handler: &Arc<H>,
            context: C,
            name: &str,
            args: &mut ArgReader<'_>,
            reply: ReplyTo,
        ) -> Dispatched
        where
            H: Shared,
        {
            <Request as Handled<N, C, H>>::dispatch(handler, context, name, args, reply)
        }
        fn each_event(tell: &mut dyn FnMut(&'static EventDef)) {
            for event in <Request as Events>::EVENTS {
                tell(event);
            }
        }
    }
    #[automatically_derived]
    impl<N: Namespace> Guarded<Socket<N>> for Request
    where
        Member: FromSocket<N>,
    {
        async fn guard<G: 'static>(
            context: &Socket<N>,
            event: usize,
        ) -> Result<G, Refused> {
            match event {
                0usize => proof(<Member as FromSocket<N>>::from_socket(context).await),
                _ => no_guard(),
            }
        }
    }
    #[automatically_derived]
    impl ArgCodec<Duration, 1usize> for Request {
        fn serialize<S: Serializer>(
            value: &Duration,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            millis::serialize(value, serializer)
        }
        fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Duration, D::Error> {
            millis::deserialize(deserializer)
        }
    }
};
