// This:
pub enum Push {
    Message(Message),
}

// becomes this:
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
}
const _: () = {
    use ::sockeye::__private as __sockeye;
    #[automatically_derived]
    #[allow(deprecated)]
    impl Events for Push {
        const EVENTS: &'static [EventDef] = &[
            EventDef::new("message", "message", &[ArgDef::new("arg0")], false),
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
                _ => Result::Ok(Option::None),
            }
        }
        fn name(&self) -> EventName<'_> {
            match self {
                Push::Message { .. } => EventName::new("message", "\"message\""),
            }
        }
        fn encode(&self, args: &mut ArgWriter) {
            match self {
                Push::Message(arg0) => {
                    <Message as EventArg>::write(arg0, args);
                }
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
};
