//! Rules of the house as tests: the layers, the size of files, what no code on the network's path may do.

mod check;
mod guide;
mod layers;
mod planted;
mod readme;

use std::{fs, io, path::Path};

use check::{Rule, Sources, Violation, check};

/// Exceptions, each with its reason: file, rule, why.
const ALLOWED: &[(&str, Rule, &str)] = &[
    ("macros/src/ctxt.rs", Rule::Panic, "finds complaints that the macros forgot, in the macros' own tests"),
    ("runtime/src/private.rs", Rule::Panic, "const functions: they panic while the user's code is compiled"),
    (
        "runtime/src/server/mod.rs",
        Rule::Panic,
        "`of` for a namespace the server was built without: documented",
    ),
    (
        "runtime/src/server/socket.rs",
        Rule::Panic,
        "a socket is made with the types of its namespace, and only there",
    ),
];

fn sources(folder: &Path) -> io::Result<Sources> {
    fn read(folder: &Path, prefix: &str, into: &mut Sources) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                read(&path, &format!("{prefix}{name}/"), into)?;
            } else if name.ends_with(".rs") {
                into.insert(format!("{prefix}{name}"), fs::read_to_string(&path)?);
            }
        }
        Ok(())
    }
    let mut found = Sources::new();
    read(folder, "", &mut found)?;
    Ok(found)
}

fn check_package(package: &str, name: &str, layered: bool) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(package).join("src");
    let sources = sources(&folder).unwrap_or_default();
    assert!(sources.contains_key("lib.rs"), "{} has no lib.rs", folder.display());
    let mut found: Vec<Violation> = check(name, &sources, layered);
    for violation in &mut found {
        violation.file = format!("{package}/src/{}", violation.file);
    }
    let allowed =
        |one: &Violation| ALLOWED.iter().any(|(file, rule, _)| *file == one.file && *rule == one.rule);
    let broken: Vec<String> = found.iter().filter(|one| !allowed(one)).map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{} rules broken:\n{}", broken.len(), broken.join("\n"));
    for (file, rule, reason) in ALLOWED.iter().filter(|(file, ..)| file.starts_with(package)) {
        assert!(!reason.is_empty(), "an exception without a reason: {file}");
        assert!(
            found.iter().any(|one| one.file == *file && one.rule == *rule),
            "{file} needs no exception from {rule:?}"
        );
    }
}

#[test]
fn the_runtime_keeps_the_rules() {
    check_package("runtime", "sockeye", true);
}

#[test]
fn the_macros_keep_the_rules() {
    check_package("macros", "sockeye_macros", false);
}
