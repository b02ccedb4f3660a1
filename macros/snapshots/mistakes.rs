// This:
enum Request {
    #[event("disconnect", ack = u64)]
    Leave(&'static str),
    #[event(loud)]
    Shout,
}

// becomes this:
::core::compile_error! {
    "arguments are owned values: write `String` for `&str`, `Vec<T>` for `&[T]`, `T` for `&T`"
}
::core::compile_error! {
    "`#[event]` has no option `loud`; it has `ack`, `error`, `guard`, `aliases`, `optional`, `deny_extra`"
}
::core::compile_error! {
    "\"disconnect\" is reserved: it is Socket.IO's own event for a socket that has disconnected"
}
///Handles the events of [`Request`]: a method for each, called when a client sends it.
#[allow(dead_code, clippy::too_many_arguments)]
trait RequestHandler<N>: Send + Sync + 'static
where
    N: Receives<Request>,
{
    ///Called when a client sent `disconnect`.
    #[allow(unused_variables)]
    fn leave(
        &self,
        socket: Socket<N>,
        arg0: &'static str,
    ) -> impl Future<Output = u64> + Send {
        fn nothing() -> impl Future<Output = u64> + Send {
            async { loop {} }
        }
        nothing()
    }
    ///Called when a client sent `shout`.
    #[allow(unused_variables)]
    fn shout(&self, socket: Socket<N>) -> impl Future<Output = ()> + Send {
        fn nothing() -> impl Future<Output = ()> + Send {
            async { loop {} }
        }
        nothing()
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
    #[doc(hidden)]
    fn leave(&self, _: impl Anything) -> T::Ack<Plain<u64>> {
        loop {}
    }
    #[doc(hidden)]
    fn shout(&self) -> T::Sent {
        loop {}
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
        fn leave(
            &self,
            socket: Socket<N>,
            arg0: &'static str,
        ) -> impl Future<Output = u64> + Send {
            <H as RequestHandler<N>>::leave(&**self, socket, arg0)
        }
        fn shout(&self, socket: Socket<N>) -> impl Future<Output = ()> + Send {
            <H as RequestHandler<N>>::shout(&**self, socket)
        }
    }
    #[automatically_derived]
    impl Events for Request {
        const EVENTS: &'static [EventDef] = &[];
        fn decode(_: &str, _: &mut ArgReader<'_>) -> Result<Option<Self>, DecodeError> {
            Result::Ok(Option::None)
        }
        fn name(&self) -> EventName<'_> {
            loop {}
        }
        fn encode(&self, _: &mut ArgWriter) {}
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
    impl<C> Guarded<C> for Request {
        fn guard<G: 'static>(
            _: &C,
            _: usize,
        ) -> impl Future<Output = Result<G, Refused>> + Send {
            ready_guard()
        }
    }
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
            Dispatched::Unknown
        }
    }
};
