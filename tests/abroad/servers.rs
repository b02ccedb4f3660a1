//! Servers in processes of their own, which can be killed.

use std::{
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

/// Who wrote the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Maker {
    Ours,
    /// `socket.io` of npm.
    Npm,
    /// python-socketio over aiohttp.
    Python,
}

/// A server that runs until it is dropped.
pub(crate) struct Host {
    maker: Maker,
    options: Vec<String>,
    pub(crate) addr: SocketAddr,
    child: Child,
}

fn root(path: &str) -> String {
    format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))
}

/// Where the certificate of `localhost` and its key are.
pub(crate) fn pem(name: &str) -> String {
    root(&format!("tls/{name}.pem"))
}

/// A Python that has python-socketio and aiohttp: the one that `PYTHON` names, the system's, or the first in the path.
fn python() -> &'static str {
    static FOUND: OnceLock<String> = OnceLock::new();
    FOUND.get_or_init(|| {
        let named = std::env::var("PYTHON").into_iter();
        let mut pythons = named.chain(["/usr/bin/python3".to_owned(), "python3".to_owned()]);
        let fits = |python: &String| {
            let mut command = Command::new(python);
            command.args(["-c", "import socketio, aiohttp"]).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        pythons.find(fits).expect(
            "python-socketio is missing: sudo apt-get install python3-socketio python3-aiohttp, \
             or set PYTHON to one that has both",
        )
    })
}

impl Host {
    pub(crate) fn start(maker: Maker, options: &[&str]) -> Self {
        let options: Vec<_> = options.iter().map(|&option| option.to_owned()).collect();
        let addr = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap();
        let child = spawn(maker, addr, &options);
        Self { maker, options, addr, child }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Ends it at once: `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts another in the same place.
    pub(crate) fn restart(&mut self) {
        self.child = spawn(self.maker, self.addr, &self.options);
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a server, and returns when it listens.
fn spawn(maker: Maker, addr: SocketAddr, options: &[String]) -> Child {
    let mut command = match maker {
        Maker::Ours => Command::new(env!("CARGO_BIN_EXE_home")),
        Maker::Npm => {
            let script = root("interop/abroad-server.mjs");
            let packages = root("interop/node_modules/socket.io");
            assert!(
                std::path::Path::new(&packages).exists(),
                "npm's packages are missing: npm ci --prefix tests/interop"
            );
            let mut node = Command::new("node");
            node.arg(script);
            node
        }
        Maker::Python => {
            let mut python = Command::new(python());
            python.arg(root("abroad/server.py"));
            python
        }
    };
    command.arg(addr.to_string()).args(options).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    assert!(line.starts_with("listening "), "{command:?} said {line:?}");
    // Its output is read to the end, so that it can go on writing.
    std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
    child
}
