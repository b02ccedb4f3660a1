// This:
enum Push {}

// becomes this:
///Handles the events of [`Push`]: a method for each, called when the server sends it.
#[allow(dead_code, clippy::too_many_arguments)]
trait PushHandler<N>
where
    N: ReceivesFromServer<Push>,
{}
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
    impl<N, H> PushHandler<N> for Arc<H>
    where
        N: ReceivesFromServer<Push>,
        H: PushHandler<N> + Shared,
    {}
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
            match name {
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
