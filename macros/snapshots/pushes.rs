// This:
pub enum Push {
    Message(Message),
    #[event(ack = bool)]
    StillThere,
}

// becomes this:
///Handles the events of [`Push`]: a method for each, called when the server sends it.
#[allow(dead_code, clippy::too_many_arguments)]
pub trait PushHandler<N>
where
    N: ReceivesFromServer<Push>,
{
    ///Called when the server sent `message`.
    fn message(
        &self,
        client: Client<N>,
        arg0: Message,
    ) -> impl Future<Output = ()> + Send
    where
        Self: Shared;
    ///Called when the server sent `stillThere`.
    fn still_there(&self, client: Client<N>) -> impl Future<Output = bool> + Send
    where
        Self: Shared;
}
///Emits the events of [`Push`]: a method for each.
#[allow(missing_debug_implementations)]
pub struct PushEmitter<T>(T);
#[automatically_derived]
#[allow(dead_code, clippy::too_many_arguments)]
impl<T> PushEmitter<T>
where
    T: EmitTarget,
{
    ///Emits `message`.
    pub fn message(&self, arg0: impl EmitArg<Message>) -> T::Sent {
        EmitTarget::send(
            &self.0,
            EventName::new("message", "\"message\""),
            &|writer| {
                ArgWriter::arg(writer, EmitArg::<Message>::wire(&arg0));
            },
        )
    }
    ///Emits `stillThere`.
    pub fn still_there(&self) -> T::Ack<Plain<bool>> {
        <bool as EventArg>::ask(
            &self.0,
            EventName::new("stillThere", "\"stillThere\""),
            &|writer| {},
        )
    }
}
const _: () = {
    use ::sockeye::__private as __sockeye;
    #[automatically_derived]
    #[allow(deprecated)]
    impl<N, H> PushHandler<N> for Arc<H>
    where
        N: ReceivesFromServer<Push>,
        H: PushHandler<N> + Shared,
    {
        fn message(
            &self,
            client: Client<N>,
            arg0: Message,
        ) -> impl Future<Output = ()> + Send
        where
            Self: Shared,
        {
            <H as PushHandler<N>>::message(&**self, client, arg0)
        }
        fn still_there(&self, client: Client<N>) -> impl Future<Output = bool> + Send
        where
            Self: Shared,
        {
            <H as PushHandler<N>>::still_there(&**self, client)
        }
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl Events for Push {
        const EVENTS: &'static [EventDef] = &[
            EventDef::new("message", "message", &[ArgDef::new("arg0")], false),
            EventDef::new("stillThere", "still_there", &[], true),
        ];
        fn decode(
            name: &str,
            args: &mut ArgReader<'_>,
        ) -> Result<Option<Self>, DecodeError> {
            match name {
                "message" => {
                    let arg0 = <Message as EventArg>::read(args, "arg0")?;
                    ArgReader::finish(args)?;
                    Result::Ok(Option::Some(Push::Message(arg0)))
                }
                "stillThere" => {
                    ArgReader::finish(args)?;
                    Result::Ok(Option::Some(Push::StillThere))
                }
                _ => Result::Ok(Option::None),
            }
        }
        fn name(&self) -> EventName<'_> {
            match self {
                Push::Message { .. } => EventName::new("message", "\"message\""),
                Push::StillThere { .. } => EventName::new("stillThere", "\"stillThere\""),
            }
        }
        fn encode(&self, args: &mut ArgWriter) {
            match self {
                Push::Message(arg0) => {
                    <Message as EventArg>::write(arg0, args);
                }
                Push::StillThere => {}
            }
        }
    }
    #[automatically_derived]
    impl Emits for Push {
        type Emitter<T: EmitTarget> = PushEmitter<T>;
        fn emitter<T: EmitTarget>(target: T) -> PushEmitter<T> {
            PushEmitter(target)
        }
    }
    #[automatically_derived]
    impl ServerToClient for Push {}
    #[automatically_derived]
    #[allow(deprecated)]
    impl<N, H> Dispatch<Client<N>, H> for Push
    where
        N: ReceivesFromServer<Push>,
        H: PushHandler<N>,
    {
        fn dispatch(
            handler: &Arc<H>,
            context: Client<N>,
            name: &str,
            args: &mut ArgReader<'_>,
            reply: ReplyTo,
        ) -> Dispatched
        where
            H: Shared,
        {
            fn message<N, H>(
                handler: &Arc<H>,
                context: Client<N>,
                args: &mut ArgReader<'_>,
                reply: ReplyTo,
            ) -> Dispatched
            where
                N: ReceivesFromServer<Push>,
                H: PushHandler<N> + Shared,
            {
                let arg0 = match <Message as EventArg>::read(args, "arg0") {
                    Result::Ok(value) => value,
                    Result::Err(error) => return failed(error),
                };
                if let Result::Err(error) = ArgReader::finish(args) {
                    return failed(error);
                }
                let handler = Clone::clone(handler);
                Dispatched::Handler {
                    event: &<Push as Events>::EVENTS[0usize],
                    future: Box::pin(async move {
                        let () = <H as PushHandler<N>>::message(&handler, context, arg0)
                            .await;
                        ReplyTo::none(reply)
                    }),
                }
            }
            fn still_there<N, H>(
                handler: &Arc<H>,
                context: Client<N>,
                args: &mut ArgReader<'_>,
                reply: ReplyTo,
            ) -> Dispatched
            where
                N: ReceivesFromServer<Push>,
                H: PushHandler<N> + Shared,
            {
                if let Result::Err(error) = ArgReader::finish(args) {
                    return failed(error);
                }
                let handler = Clone::clone(handler);
                Dispatched::Handler {
                    event: &<Push as Events>::EVENTS[1usize],
                    future: Box::pin(async move {
                        let result = <H as PushHandler<
                            N,
                        >>::still_there(&handler, context)
                            .await;
                        <bool as EventArg>::answer(&result, reply)
                    }),
                }
            }
            match name {
                "message" => message(handler, context, args, reply),
                "stillThere" => still_there(handler, context, args, reply),
                _ => Dispatched::Unknown,
            }
        }
    }
    #[automatically_derived]
    impl<N, C, H> HandledBy<N, C, H> for Push
    where
        Push: Handled<N, C, H>,
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
            <Push as Handled<N, C, H>>::dispatch(handler, context, name, args, reply)
        }
        fn each_event(tell: &mut dyn FnMut(&'static EventDef)) {
            for event in <Push as Events>::EVENTS {
                tell(event);
            }
        }
    }
};
