// This:
pub enum Request {
    #[event(guard = Member, ack = u64)]
    Post(String),
}

// becomes this:
///Emits the events of [`Request`]: a method for each.
#[allow(missing_debug_implementations)]
pub struct RequestEmitter<T>(T);
#[automatically_derived]
#[allow(dead_code, clippy::too_many_arguments)]
impl<T> RequestEmitter<T>
where
    T: EmitTarget,
{
    ///Emits `post`.
    pub fn post(&self, arg0: impl EmitArg<String>) -> T::Ack<Plain<u64>> {
        <u64 as EventArg>::ask(
            &self.0,
            EventName::new("post", "\"post\""),
            &|writer| {
                ArgWriter::arg(writer, EmitArg::<String>::wire(&arg0));
            },
        )
    }
}
const _: () = {
    use ::sockeye::__private as __sockeye;
    #[automatically_derived]
    #[allow(deprecated)]
    impl Events for Request {
        const EVENTS: &'static [EventDef] = &[
            EventDef::new("post", "post", &[ArgDef::new("arg0")], true),
        ];
        fn decode(
            name: &str,
            args: &mut ArgReader<'_>,
        ) -> Result<Option<Self>, DecodeError> {
            match name {
                "post" => {
                    let arg0 = <String as EventArg>::read(args, "arg0")?;
                    ArgReader::finish(args)?;
                    Result::Ok(Option::Some(Request::Post(arg0)))
                }
                _ => Result::Ok(Option::None),
            }
        }
        fn name(&self) -> EventName<'_> {
            match self {
                Request::Post { .. } => EventName::new("post", "\"post\""),
            }
        }
        fn encode(&self, args: &mut ArgWriter) {
            match self {
                Request::Post(arg0) => {
                    <String as EventArg>::write(arg0, args);
                }
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
};
