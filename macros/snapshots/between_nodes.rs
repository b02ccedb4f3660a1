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
                    let arg0 = <u64 as EventArg>::read(args, "version")?;
                    ArgReader::finish(args)?;
                    Result::Ok(
                        Option::Some(Cluster::ConfigChanged {
                            version: arg0,
                        }),
                    )
                }
                "load" => {
                    ArgReader::finish(args)?;
                    Result::Ok(Option::Some(Cluster::Load))
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
                let arg0 = match <u64 as EventArg>::read(args, "version") {
                    Result::Ok(value) => value,
                    Result::Err(error) => return failed(error),
                };
                if let Result::Err(error) = ArgReader::finish(args) {
                    return failed(error);
                }
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
                if let Result::Err(error) = ArgReader::finish(args) {
                    return failed(error);
                }
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
