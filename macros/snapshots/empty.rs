// This:
enum Push {}

// becomes this:
///Emits the events of [`Push`]: a method for each.
#[allow(missing_debug_implementations)]
struct PushEmitter<T>(T);
#[automatically_derived]
#[allow(dead_code, clippy::too_many_arguments)]
impl<T> PushEmitter<T>
where
    T: EmitTarget,
{}
const _: () = {
    use ::sockeye::__private as __sockeye;
    #[automatically_derived]
    #[allow(deprecated)]
    impl Events for Push {
        const EVENTS: &'static [EventDef] = &[];
        fn decode(
            name: &str,
            args: &mut ArgReader<'_>,
        ) -> Result<Option<Self>, DecodeError> {
            match name {
                _ => Result::Ok(Option::None),
            }
        }
        fn name(&self) -> EventName<'_> {
            match *self {}
        }
        fn encode(&self, args: &mut ArgWriter) {
            match *self {}
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
