//! What the derives cost a large application: `cargo run -p sockeye-ui-tests --example cost`.
//!
//! Writes a package with 300 events in each direction into `target/cost` and measures it. Wall clock says what a user waits for,
//! CPU time what it costs where others use the machine too; of both the least of several rounds. With words after `--`, only what
//! they name: `check`, `client`, `expand`, `dispatch`, `size`. Nothing here passes or fails: budgets stand beside the figures.

mod generate;

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::{Duration, Instant, SystemTime},
};

const ROUNDS: usize = 7;

/// What a measurement needs to know.
struct Lab {
    package: PathBuf,
    target: PathBuf,
}

impl Lab {
    fn new() -> io::Result<Self> {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
        let package = workspace.join("target/cost");
        generate::package(&package, &workspace)?;
        Ok(Self { target: package.join("target"), package })
    }

    fn cargo(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(args).current_dir(&self.package).env("CARGO_TARGET_DIR", &self.target);
        // So that what is measured is all of it each time.
        command.env("CARGO_INCREMENTAL", "0");
        command
    }

    fn touch(&self) -> io::Result<()> {
        fs::File::options()
            .append(true)
            .open(self.package.join("src/lib.rs"))?
            .set_modified(SystemTime::now())
    }

    /// `cargo check` of the package, its dependencies being there: a server's events and handlers.
    fn check(&self) -> io::Result<()> {
        self.check_with("check", &[], "(budget 3 s)")
    }

    /// The same with the feature `client`: the handler trait of the other direction, then with a client's handlers too.
    fn client(&self) -> io::Result<()> {
        self.check_with("+ client", &["--features=client"], "")?;
        self.check_with("+ handlers", &["--features=bot"], "")
    }

    fn check_with(&self, name: &str, features: &[&str], budget: &str) -> io::Result<()> {
        let arguments = [&["check", "--lib", "--quiet"], features].concat();
        run(&mut self.cargo(&arguments))?;
        let (mut wall, mut cpu) = (Duration::MAX, None::<Duration>);
        for _ in 0..ROUNDS {
            self.touch()?;
            let (begun, spent) = (Instant::now(), children());
            run(&mut self.cargo(&arguments))?;
            wall = wall.min(begun.elapsed());
            if let (Some(before), Some(after)) = (spent, children()) {
                cpu = Some(cpu.map_or(after - before, |least| least.min(after - before)));
            }
        }
        let cpu = cpu.map_or("unknown".to_owned(), |cpu| format!("{:.2} s", cpu.as_secs_f64()));
        let line = format!("{name:<10} {:.2} s, of CPU {cpu}                 {budget}", wall.as_secs_f64());
        println!("{}", line.trim_end());
        Ok(())
    }

    /// What rustc says it spent on expanding macros, serde's and the standard library's among them. Its own clock needs a nightly
    /// compiler, or one that is told to be as good as one.
    fn expand(&self) -> io::Result<()> {
        run(&mut self.cargo(&["check", "--lib", "--quiet"]))?;
        let mut least = f64::MAX;
        for _ in 0..ROUNDS {
            self.touch()?;
            let mut command = self.cargo(&["rustc", "--lib", "--profile", "check", "--quiet", "--"]);
            command.args(["-Ztime-passes", "-Ztime-passes-format=json"]).env("RUSTC_BOOTSTRAP", "1");
            let output = command.output()?;
            let text = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
            let line = text.lines().find(|line| line.contains("\"macro_expand_crate\""));
            let time = line.and_then(|line| {
                line.split("\"time\":").nth(1)?.split([',', '}']).next()?.trim().parse().ok()
            });
            let Some(time) = time else {
                return Err(io::Error::other(format!("rustc does not say what it spent:\n{text}")));
            };
            least = least.min(time);
        }
        println!("expansion  {least:.3} s, all macros of the crate      (budget 0.3 s)");
        Ok(())
    }

    fn dispatch(&self) -> io::Result<()> {
        let mut command = self.cargo(&["run", "--release", "--quiet", "--bin", "dispatch"]);
        let text = run(&mut command)?;
        for line in text.lines() {
            let mut words = line.split(' ');
            if let (Some(size), Some(lookup), Some(dispatch)) = (words.next(), words.next(), words.next()) {
                println!(
                    "dispatch   {size:>3} names: look-up {lookup} ns, to the boxed handler {dispatch} ns  (budget 30 ns)"
                );
            }
        }
        Ok(())
    }

    fn size(&self) -> io::Result<()> {
        for (profile, flag) in [("debug", "--profile=dev"), ("release", "--release")] {
            run(&mut self.cargo(&["build", "--quiet", "--bin", "one", "--bin", "three", flag]))?;
            let text = |name: &str| text_size(&self.target.join(profile).join(name));
            let (one, three) = (text("one")?, text("three")?);
            println!(
                "text       {profile}: {} kB with one namespace, {} kB with three",
                one / 1000,
                three / 1000
            );
        }
        Ok(())
    }
}

/// The size of a program's text in bytes, as binutils count it.
fn text_size(program: &Path) -> io::Result<u64> {
    let mut command = Command::new("size");
    let output = command.arg("-A").arg(program).output().map_err(|error| {
        io::Error::other(format!("`size` does not run ({error}); it comes with binutils"))
    })?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let sections = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let size =
        sections.filter(|words| words.first() == Some(&".text")).find_map(|words| words.get(1)?.parse().ok());
    size.ok_or_else(|| io::Error::other(format!("`size -A {}` names no .text:\n{text}", program.display())))
}

/// Runs it; what it printed.
fn run(command: &mut Command) -> io::Result<String> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(io::Error::other(format!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr))))
}

/// The time in user mode of all processes that this one waited for; only Linux says.
fn children() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in parentheses, may hold anything; `cutime` is the 14th field after it, in hundredths of a second.
    let ticks = stat.rsplit(')').next()?.split_whitespace().nth(13)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

fn measure(wanted: &[String]) -> io::Result<()> {
    let lab = Lab::new()?;
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    println!(
        "{} events from clients, {} to clients, {} handlers",
        generate::EVENTS,
        generate::EVENTS,
        generate::EVENTS
    );
    let measurements: [(&str, fn(&Lab) -> io::Result<()>); 5] = [
        ("check", Lab::check),
        ("client", Lab::client),
        ("expand", Lab::expand),
        ("dispatch", Lab::dispatch),
        ("size", Lab::size),
    ];
    measurements.iter().filter(|(name, _)| wants(name)).try_for_each(|(_, measurement)| measurement(&lab))
}

fn main() -> ExitCode {
    let wanted: Vec<String> = env::args().skip(1).collect();
    match measure(&wanted) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
