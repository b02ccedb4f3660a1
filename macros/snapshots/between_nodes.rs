// This:
pub enum Cluster {
    ConfigChanged { version: u64 },
    #[event(ack = usize)]
    Load,
}

// becomes this:
///Handles the events of [`Cluster`]: a method for each, called when another node sends it.
#[allow(dead_code, clippy::too_many_arguments)]
pub trait ClusterHandler<N>: Send + Sync + 'static
where
    N: ReceivesFromNodes<Cluster>,
{
    ///Called when another node sent `configChanged`.
    fn config_changed(
        &self,
        io: Broadcast<N>,
        version: u64,
    ) -> impl Future<Output = ()> + Send;
    ///Called when another node sent `load`.
    fn load(&self, io: Broadcast<N>) -> impl Future<Output = usize> + Send;
}
///Emits the events of [`Cluster`]: a method for each.
#[allow(missing_debug_implementations)]
pub struct ClusterEmitter<T>(T);
#[automatically_derived]
#[allow(dead_code, clippy::too_many_arguments)]
impl<T> ClusterEmitter<T>
where
    T: EmitTarget,
{
    ///Emits `configChanged`.
    pub fn config_changed(&self, version: impl EmitArg<u64>) -> T::Sent {
        EmitTarget::send(
            &self.0,
            EventName::new("configChanged", "\"configChanged\""),
            &|writer| {
                ArgWriter::arg(writer, EmitArg::<u64>::wire(&version));
            },
        )
    }
    ///Emits `load`.
    pub fn load(&self) -> T::Ack<Plain<usize>> {
        <usize as EventArg>::ask(
            &self.0,
            EventName::new("load", "\"load\""),
            &|writer| {},
        )
    }
}
const _: () = {
    use ::sockeye::__private as __sockeye;
    #[automatically_derived]
    #[allow(deprecated)]
    impl<N, H> ClusterHandler<N> for Arc<H>
    where
        N: ReceivesFromNodes<Cluster>,
        H: ClusterHandler<N>,
    {
        fn config_changed(
            &self,
            io: Broadcast<N>,
            arg0: u64,
        ) -> impl Future<Output = ()> + Send {
            <H as ClusterHandler<N>>::config_changed(&**self, io, arg0)
        }
        fn load(&self, io: Broadcast<N>) -> impl Future<Output = usize> + Send {
            <H as ClusterHandler<N>>::load(&**self, io)
        }
    }
    #[allow(deprecated)]
    fn read_config_changed(args: &mut ArgReader<'_>) -> Result<(u64,), DecodeError> {
        let read = (<u64 as EventArg>::read(args, "version")?,);
        ArgReader::finish(args)?;
        Result::Ok(read)
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl Events for Cluster {
        const EVENTS: &'static [EventDef] = &[
            EventDef::new(
                "configChanged",
                "config_changed",
                &[ArgDef::new("version")],
                false,
            ),
            EventDef::new("load", "load", &[], true),
        ];
        fn decode(
            name: &str,
            args: &mut ArgReader<'_>,
        ) -> Result<Option<Self>, DecodeError> {
            match name {
                "configChanged" => {
                    match read_config_changed(args) {
                        Result::Ok((arg0,)) => {
                            Result::Ok(
                                Option::Some(Cluster::ConfigChanged {
                                    version: arg0,
                                }),
                            )
                        }
                        Result::Err(error) => Result::Err(error),
                    }
                }
                "load" => {
                    match ArgReader::finish(args) {
                        Result::Ok(()) => Result::Ok(Option::Some(Cluster::Load)),
                        Result::Err(error) => Result::Err(error),
                    }
                }
                _ => Result::Ok(Option::None),
            }
        }
        fn name(&self) -> EventName<'_> {
            match self {
                Cluster::ConfigChanged { .. } => {
                    EventName::new("configChanged", "\"configChanged\"")
                }
                Cluster::Load { .. } => EventName::new("load", "\"load\""),
            }
        }
        fn encode(&self, args: &mut ArgWriter) {
            match self {
                Cluster::ConfigChanged { version: arg0 } => {
                    <u64 as EventArg>::write(arg0, args);
                }
                Cluster::Load => {}
            }
        }
    }
    #[automatically_derived]
    impl Emits for Cluster {
        type Emitter<T: EmitTarget> = ClusterEmitter<T>;
        fn emitter<T: EmitTarget>(target: T) -> ClusterEmitter<T> {
            ClusterEmitter(target)
        }
    }
    #[automatically_derived]
    impl ServerToServer for Cluster {}
    #[automatically_derived]
    #[allow(deprecated)]
    impl<N, H> Dispatch<Broadcast<N>, H> for Cluster
    where
        N: ReceivesFromNodes<Cluster>,
        H: ClusterHandler<N>,
    {
        fn dispatch(
            handler: &Arc<H>,
            context: Broadcast<N>,
            name: &str,
            args: &mut ArgReader<'_>,
            reply: ReplyTo,
        ) -> Dispatched {
            fn config_changed<N, H>(
                handler: &Arc<H>,
                context: Broadcast<N>,
                args: &mut ArgReader<'_>,
                reply: ReplyTo,
            ) -> Dispatched
            where
                N: ReceivesFromNodes<Cluster>,
                H: ClusterHandler<N>,
            {
                let (arg0,) = match read_config_changed(args) {
                    Result::Ok(read) => read,
                    Result::Err(error) => return failed(error),
                };
                let handler = Clone::clone(handler);
                Dispatched::Handler {
                    event: &<Cluster as Events>::EVENTS[0usize],
                    future: Box::pin(async move {
                        let () = <H as ClusterHandler<
                            N,
                        >>::config_changed(&handler, context, arg0)
                            .await;
                        ReplyTo::none(reply)
                    }),
                }
            }
            fn load<N, H>(
                handler: &Arc<H>,
                context: Broadcast<N>,
                args: &mut ArgReader<'_>,
                reply: ReplyTo,
            ) -> Dispatched
            where
                N: ReceivesFromNodes<Cluster>,
                H: ClusterHandler<N>,
            {
                let () = match ArgReader::finish(args) {
                    Result::Ok(read) => read,
                    Result::Err(error) => return failed(error),
                };
                let handler = Clone::clone(handler);
                Dispatched::Handler {
                    event: &<Cluster as Events>::EVENTS[1usize],
                    future: Box::pin(async move {
                        let result = <H as ClusterHandler<N>>::load(&handler, context)
                            .await;
                        <usize as EventArg>::answer(&result, reply)
                    }),
                }
            }
            match name {
                "configChanged" => config_changed(handler, context, args, reply),
                "load" => load(handler, context, args, reply),
                _ => Dispatched::Unknown,
            }
        }
    }
};
