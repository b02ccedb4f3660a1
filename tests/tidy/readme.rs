//! The README's table of lines: each Rust line stands in the program below it, which is compiled as a doctest.

use std::{fs, path::Path};

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap_or_default()
}

/// White space does not matter, nor does the bar's escape inside a table.
pub(crate) fn squeezed(text: &str) -> String {
    text.replace("\\|", "|").split_whitespace().collect()
}

/// The Rust programs of a page.
pub(crate) fn compiled(page: &str) -> String {
    let blocks = page.split("```").skip(1).step_by(2);
    blocks.filter(|block| block.starts_with("rust")).map(squeezed).collect()
}

#[test]
fn each_rust_line_of_the_readmes_table_is_compiled() {
    let readme = readme();
    let programs = compiled(&readme);
    let mut rows = 0;
    for row in readme.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.split(" | ").collect();
        let Some(line) = cells.get(2).and_then(|cell| cell.split('`').nth(1)) else { continue };
        assert!(programs.contains(&squeezed(line)), "not in the program below the table: {line}");
        rows += 1;
    }
    assert!(rows >= 15, "{rows} rows were found");
}
