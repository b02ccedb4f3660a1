//! CPU time and memory of a process of this machine, from `/proc`: Linux only.

use std::{fs, io, time::Duration};

use super::Failure;

pub(crate) struct Process(u32);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    cpu: Duration,
    /// Resident bytes.
    memory: u64,
}

/// What a server used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// While it was measured.
    pub(crate) cpu: Duration,
    /// Resident bytes at the end.
    pub(crate) memory: u64,
    /// Resident bytes more than before the first connection, for each; `None` if none stay.
    pub(crate) for_each_connection: Option<f64>,
}

impl Usage {
    pub(crate) fn between(before: Sample, start: Sample, end: Sample, connections: usize) -> Self {
        Self {
            cpu: end.cpu.saturating_sub(start.cpu),
            memory: end.memory,
            for_each_connection: (connections > 0)
                .then(|| end.memory.saturating_sub(before.memory) as f64 / connections as f64),
        }
    }
}

impl Process {
    pub(crate) const fn new(pid: u32) -> Self {
        Self(pid)
    }

    pub(crate) fn sample(&self) -> Result<Sample, Failure> {
        let read = |path: &str| fs::read_to_string(format!("/proc/{}/{path}", self.0));
        let status = read("status").map_err(|error| format!("process {}: {error}", self.0))?;
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        let kilobytes: u64 = memory.trim().trim_end_matches(" kB").parse()?;
        Ok(Sample { cpu: self.cpu()?, memory: kilobytes * 1024 })
    }

    /// Of all threads, in nanoseconds by the scheduler. A thread that has ended is not in it: servers keep theirs.
    fn cpu(&self) -> io::Result<Duration> {
        let mut nanoseconds = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.0))? {
            let text = fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
            nanoseconds += text.split(' ').next().and_then(|time| time.parse::<u64>().ok()).unwrap_or(0);
        }
        Ok(Duration::from_nanos(nanoseconds))
    }
}
