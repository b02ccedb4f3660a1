//! The command line.

use std::{net::SocketAddr, net::ToSocketAddrs, time::Duration};

pub(crate) const HELP: &str = "\
usage: load --target http://HOST:PORT --scenario SCENARIO [options]

scenarios
  echo         an event comes back as an event
  ack          an event is acknowledged
  binary       as echo, with bytes
  fan-out      one more connection has the server emit to a room with all the others
  connect      connections are made, join the namespace and are ended, one after the other
  idle         connections are there, and nothing else

options
  --connections N   [100]; connect: under way at once
  --seconds T       time that is measured [5]
  --warmup T        time before it [1]
  --window N        messages under way on each connection; fan-out: broadcasts under way [1]
  --size N          bytes of a message's data [64]
  --path PATH       where the server's Engine.IO is [/socket.io/]
  --pid PID         the server's process on this machine: its CPU time and memory are measured
  --json            a line of JSON instead of the table

Plain HTTP only. The server needs the events of Sockeye's example `bench`: echo, ack, bin, join, fanroom.";

/// Bytes of data that say which message it is: the least there are.
pub(crate) const STAMP: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    Echo,
    Ack,
    Binary,
    FanOut,
    Connect,
    Idle,
}

impl Scenario {
    const ALL: [Self; 6] = [Self::Echo, Self::Ack, Self::Binary, Self::FanOut, Self::Connect, Self::Idle];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Ack => "ack",
            Self::Binary => "binary",
            Self::FanOut => "fan-out",
            Self::Connect => "connect",
            Self::Idle => "idle",
        }
    }

    /// What is counted.
    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Self::FanOut => "deliveries",
            Self::Connect => "connections",
            _ => "messages",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) target: String,
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    pub(crate) scenario: Scenario,
    pub(crate) connections: usize,
    pub(crate) window: usize,
    pub(crate) size: usize,
    pub(crate) seconds: Duration,
    pub(crate) warmup: Duration,
    pub(crate) pid: Option<u32>,
    pub(crate) json: bool,
}

#[derive(Debug)]
pub(crate) enum Asked {
    Run(Options),
    Help,
}

impl Options {
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Asked, String> {
        let (mut target, mut scenario, mut path) = (None, None, "/socket.io/".to_owned());
        let (mut connections, mut window, mut size) = (100, 1, 64);
        let (mut seconds, mut warmup, mut pid, mut json) = (5.0, 1.0, None, false);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--help" | "-h" => return Ok(Asked::Help),
                "--json" => {
                    json = true;
                    continue;
                }
                _ => {}
            }
            let value = arguments.next().ok_or_else(|| format!("{argument} needs a value"))?;
            match argument.as_str() {
                "--target" => target = Some(value),
                "--scenario" => {
                    let found = Scenario::ALL.into_iter().find(|one| one.name() == value);
                    scenario = Some(found.ok_or_else(|| format!("no scenario is called {value}"))?);
                }
                "--path" => path = value,
                "--connections" => connections = number(&argument, &value)?,
                "--window" => window = number(&argument, &value)?,
                "--size" => size = number(&argument, &value)?,
                "--seconds" => seconds = number(&argument, &value)?,
                "--warmup" => warmup = number(&argument, &value)?,
                "--pid" => pid = Some(number(&argument, &value)?),
                _ => return Err(format!("no option is called {argument}")),
            }
        }
        let target = target.ok_or("--target is missing")?;
        let host = target.strip_prefix("http://").ok_or("the target begins with http://")?;
        let host = host.trim_end_matches('/').to_owned();
        let with_port = if host.contains(':') { host.clone() } else { format!("{host}:80") };
        let address = with_port
            .to_socket_addrs()
            .map_err(|error| format!("{host}: {error}"))?
            .next()
            .ok_or_else(|| format!("{host} has no address"))?;
        if connections == 0 || window == 0 {
            return Err("there is at least one connection, and one message under way".to_owned());
        }
        let time = |seconds: f64| Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string());
        Ok(Asked::Run(Self {
            target: host,
            address,
            path,
            scenario: scenario.ok_or("--scenario is missing")?,
            connections,
            window,
            size: size.max(STAMP),
            seconds: time(seconds)?,
            warmup: time(warmup)?,
            pid,
            json,
        }))
    }
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{name} takes a number, not {value}"))
}
