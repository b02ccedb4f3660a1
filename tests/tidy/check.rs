//! The checker: reads a crate from its root along its `mod` items, and gives what breaks a rule. Code under `#[cfg(test)]`
//! is left out of everything.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, File, Item, ItemMod, ItemUse, UseTree,
    spanned::Spanned,
    visit::{self, Visit},
    visit_mut::{self, VisitMut},
};

use crate::layers::{self, IO_CRATES, SANS_IO};

/// Non-test lines that a file may have.
pub(crate) const MAX_LINES: usize = 500;

/// The sources of a crate: path under its `src` → text.
pub(crate) type Sources = BTreeMap<String, String>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Imports go down the layers only.
    Layer,
    /// Nothing is imported from the root by a glob or a new name, which would hide what is used.
    RootGlob,
    /// A sans-IO module names no runtime, no HTTP, no clock.
    SansIo,
    /// Nothing panics on purpose.
    Panic,
    /// Features switch modules and items, not statements.
    FeatureInFunction,
    /// A file has one subject and at most [`MAX_LINES`] lines.
    Size,
    /// A module opens with `//!`.
    ModuleDoc,
    /// Every file is part of the crate and parses.
    Tree,
}

#[derive(Debug)]
pub(crate) struct Violation {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) rule: Rule,
    pub(crate) what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {:?}: {}", self.file, self.line, self.rule, self.what)
    }
}

/// Checks the crate called `name`; `layered` says whether its top-level modules are the layers.
pub(crate) fn check(name: &str, sources: &Sources, layered: bool) -> Vec<Violation> {
    let mut crate_ = Crate {
        name,
        sources,
        layered,
        exports: BTreeMap::new(),
        seen: BTreeSet::new(),
        violations: Vec::new(),
    };
    crate_.module("lib.rs", &[]);
    let lost: Vec<_> = sources.keys().filter(|path| !crate_.seen.contains(*path)).cloned().collect();
    for path in lost {
        crate_.report(&path, 1, Rule::Tree, "no `mod` item leads to this file".to_owned());
    }
    crate_.violations
}

struct Crate<'a> {
    name: &'a str,
    sources: &'a Sources,
    layered: bool,
    /// What the root re-exports: name → the module it comes from.
    exports: BTreeMap<String, String>,
    seen: BTreeSet<String>,
    violations: Vec<Violation>,
}

impl Crate<'_> {
    fn report(&mut self, file: &str, line: usize, rule: Rule, what: String) {
        // An import inside a function is met twice: as a tree and among the function's tokens.
        if !self.violations.iter().any(|one| one.file == file && one.line == line && one.rule == rule) {
            self.violations.push(Violation { file: file.to_owned(), line, rule, what });
        }
    }

    fn module(&mut self, path: &str, module: &[String]) {
        let Some(source) = self.sources.get(path) else { return };
        self.seen.insert(path.to_owned());
        let mut file = match syn::parse_file(source) {
            Ok(file) => file,
            Err(error) => return self.report(path, error.span().start().line, Rule::Tree, error.to_string()),
        };
        if !source.starts_with("//!") {
            self.report(path, 1, Rule::ModuleDoc, "does not open with `//!`".to_owned());
        }

        let mut strip = StripTests::default();
        strip.visit_file_mut(&mut file);
        let lines = source.lines().count() - strip.lines;
        if lines > MAX_LINES {
            self.report(path, 1, Rule::Size, format!("{lines} lines without tests, {MAX_LINES} at most"));
        }
        for child in &strip.test_modules {
            self.skip(path, child);
        }

        if module.is_empty() {
            self.exports = exports(&file);
        }
        self.scan(path, module, &file);

        for item in &file.items {
            let Item::Mod(item) = item else { continue };
            let mut inner = module.to_vec();
            inner.push(item.ident.to_string());
            if module.is_empty() && self.layered && layers::height(&inner[0]).is_none() {
                let line = item.span().start().line;
                self.report(path, line, Rule::Layer, format!("`{}` has no place among the layers", inner[0]));
            }
            if item.content.is_none() {
                match self.file_of(path, item) {
                    Some(file) => self.module(&file, &inner),
                    None => self.report(
                        path,
                        item.span().start().line,
                        Rule::Tree,
                        format!("no file for `{}`", item.ident),
                    ),
                }
            }
        }
    }

    /// The file of `mod name;` in the file `path`.
    fn file_of(&self, path: &str, item: &ItemMod) -> Option<String> {
        let (folder, file) = path.rsplit_once('/').map_or(("", path), |(folder, file)| (folder, file));
        let below = |folder: &str| if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let named = path_attribute(item).map(|named| format!("{}{named}", below(folder)));
        let folder = match file {
            "lib.rs" | "mod.rs" => below(folder),
            _ => below(path.trim_end_matches(".rs")),
        };
        let usual = [format!("{folder}{}.rs", item.ident), format!("{folder}{}/mod.rs", item.ident)];
        named.into_iter().chain(usual).find(|candidate| self.sources.contains_key(candidate))
    }

    /// Marks the files of a test module as seen.
    fn skip(&mut self, path: &str, item: &ItemMod) {
        let Some(file) = self.file_of(path, item) else { return };
        let below = format!("{}/", file.trim_end_matches("/mod.rs").trim_end_matches(".rs"));
        self.seen.extend(self.sources.keys().filter(|path| path.starts_with(&below)).cloned());
        self.seen.insert(file);
    }

    fn scan(&mut self, path: &str, module: &[String], file: &File) {
        let mut scan = Scan { crate_: self, path, module: module.to_vec() };
        scan.visit_file(file);
    }

    /// The layer that a path from the root leads into; `None` if it is of no layer (an outside crate's item).
    fn layer_of(&self, first: &str) -> Option<String> {
        self.exports.get(first).cloned().or_else(|| layers::height(first).map(|_| first.to_owned()))
    }
}

/// The `…` of `#[path = "…"]`.
fn path_attribute(item: &ItemMod) -> Option<String> {
    item.attrs.iter().find(|attribute| attribute.path().is_ident("path")).and_then(|attribute| {
        match &attribute.meta.require_name_value().ok()?.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(path), .. }) => Some(path.value()),
            _ => None,
        }
    })
}

/// What the root re-exports by `use`, and from which of its modules.
fn exports(root: &File) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for item in &root.items {
        if let Item::Use(item) = item {
            for (path, name) in leaves(&item.tree) {
                let start = usize::from(matches!(path[0].as_str(), "crate" | "self"));
                if let Some(first) = path.get(start)
                    && layers::height(first).is_some()
                {
                    found.insert(name, first.clone());
                }
            }
        }
    }
    found
}

/// The paths of a `use`, each with the name it gets; a glob's last segment is `*`.
fn leaves(tree: &UseTree) -> Vec<(Vec<String>, String)> {
    match tree {
        UseTree::Path(path) => leaves(&path.tree)
            .into_iter()
            .map(|(mut rest, name)| {
                rest.insert(0, path.ident.to_string());
                (rest, name)
            })
            .collect(),
        UseTree::Name(name) => vec![(vec![name.ident.to_string()], name.ident.to_string())],
        UseTree::Rename(rename) => vec![(vec![rename.ident.to_string()], rename.rename.to_string())],
        UseTree::Glob(_) => vec![(vec!["*".to_owned()], "*".to_owned())],
        UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
    }
}

/// Reads one file: `use` items by their trees, other items as tokens, so that the insides of macros are read too.
struct Scan<'a, 'c> {
    crate_: &'a mut Crate<'c>,
    path: &'a str,
    module: Vec<String>,
}

impl Scan<'_, '_> {
    fn report(&mut self, span: Span, rule: Rule, what: String) {
        let tool_for_tests =
            self.module.first().is_some_and(|first| layers::FOR_TESTS.contains(&first.as_str()));
        if rule == Rule::Panic && self.crate_.layered && tool_for_tests {
            return;
        }
        self.crate_.report(self.path, span.start().line, rule, what);
    }

    fn is_sans_io(&self) -> bool {
        self.crate_.layered && self.module.first().is_some_and(|first| SANS_IO.contains(&first.as_str()))
    }

    /// A path as it is written, `crate::a::b` or `super::c`: where it leads from the root, `None` if not through it.
    fn resolve(&self, path: &[String]) -> Option<Vec<String>> {
        let mut at = match path.first()?.as_str() {
            "crate" => Vec::new(),
            name if name == self.crate_.name => Vec::new(),
            "self" => self.module.clone(),
            "super" => self.module[..self.module.len().checked_sub(1)?].to_vec(),
            _ => return None,
        };
        for segment in &path[1..] {
            if segment == "super" {
                at.pop();
            } else {
                at.push(segment.clone());
            }
        }
        Some(at)
    }

    fn path(&mut self, path: &[String], renamed: bool, span: Span) {
        if !self.crate_.layered {
            return;
        }
        let written = path.join("::");
        if self.is_sans_io() {
            if IO_CRATES.contains(&path[0].as_str()) {
                self.report(span, Rule::SansIo, format!("`{written}` in a module without IO"));
            }
            if let [.., clock, now] = path
                && (clock == "Instant" || clock == "SystemTime")
                && now == "now"
            {
                self.report(span, Rule::SansIo, format!("`{written}`: time is an argument here"));
            }
        }
        let Some(own) = self.module.first().cloned() else { return };
        let Some(target) = self.resolve(path) else { return };
        match target.first().map(String::as_str) {
            Some("*") | None if renamed || !target.is_empty() => {
                self.report(span, Rule::RootGlob, format!("`{written}` takes the whole root"));
            }
            Some(first) => {
                if let Some(layer) = self.crate_.layer_of(first)
                    && !layers::may_name(&own, &layer)
                {
                    self.report(
                        span,
                        Rule::Layer,
                        format!("`{own}` names `{written}`, of `{layer}` above or beside it"),
                    );
                }
            }
            None => {}
        }
    }

    /// Walks tokens for paths and for what panics.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let punct =
            |at: usize, c: char| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == c);
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(ident) => {
                    let name = ident.to_string();
                    let follows_dot = at > 0 && punct(at - 1, '.');
                    if follows_dot
                        && let Some(TokenTree::Group(called)) = tokens.get(at + 1)
                        && called.delimiter() == Delimiter::Parenthesis
                        && panics(&name, called.stream())
                    {
                        self.report(ident.span(), Rule::Panic, format!("`.{name}()`"));
                    }
                    if punct(at + 1, '!')
                        && matches!(name.as_str(), "panic" | "todo" | "unimplemented" | "unreachable")
                    {
                        self.report(ident.span(), Rule::Panic, format!("`{name}!`"));
                    }
                    let mut path = vec![name];
                    let mut end = at + 1;
                    while punct(end, ':') && punct(end + 1, ':') {
                        let Some(TokenTree::Ident(next)) = tokens.get(end + 2) else { break };
                        path.push(next.to_string());
                        end += 3;
                    }
                    let continues = at > 1
                        && punct(at - 1, ':')
                        && punct(at - 2, ':')
                        && at > 2
                        && matches!(tokens[at - 3], TokenTree::Ident(_));
                    if path.len() > 1 && !continues {
                        self.path(&path, false, ident.span());
                        at = end;
                        continue;
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }
}

impl<'ast> Visit<'ast> for Scan<'_, '_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !matches!(item, Item::Use(_) | Item::Mod(_)) {
            self.tokens(item.to_token_stream());
        }
        visit::visit_item(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        for (mut path, name) in leaves(&item.tree) {
            if path.last().is_some_and(|last| last == "self") {
                path.pop();
            }
            let renamed = path.last() != Some(&name);
            self.path(&path, renamed, item.span());
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        if let Some(span) = feature_switch(block.to_token_stream()) {
            self.report(span, Rule::FeatureInFunction, "`cfg(feature …)` inside a function".to_owned());
        }
        visit::visit_block(self, block);
    }
}

/// Whether a method panics: `unwrap` without arguments, `expect` with a text. Others may have these names too.
fn panics(method: &str, arguments: TokenStream) -> bool {
    let mut arguments = arguments.into_iter();
    match method {
        "unwrap" | "unwrap_err" => arguments.next().is_none(),
        "expect" | "expect_err" => matches!(arguments.next(), Some(TokenTree::Literal(_))),
        _ => false,
    }
}

/// Where tokens ask for a feature, by attribute or by `cfg!`.
fn feature_switch(tokens: TokenStream) -> Option<Span> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        if let TokenTree::Ident(ident) = token
            && (ident == "cfg" || ident == "cfg_attr")
        {
            let group = tokens[at + 1..].iter().take(2).find_map(|next| match next {
                TokenTree::Group(group) => Some(group),
                _ => None,
            });
            if group.is_some_and(|group| names(group.stream(), "feature")) {
                return Some(ident.span());
            }
        }
        if let TokenTree::Group(group) = token
            && let Some(span) = feature_switch(group.stream())
        {
            return Some(span);
        }
    }
    None
}

fn names(tokens: TokenStream, wanted: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == wanted,
        TokenTree::Group(group) => names(group.stream(), wanted),
        _ => false,
    })
}

/// Takes out what is compiled for tests only, and counts its lines.
#[derive(Default)]
struct StripTests {
    lines: usize,
    test_modules: Vec<ItemMod>,
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute.meta.require_list().is_ok_and(|list| {
                    let text = list.tokens.to_string().replace(' ', "");
                    text == "test" || text.starts_with("all(test,") || text == "doctest"
                })
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

impl StripTests {
    fn take(&mut self, item: &Item) -> bool {
        let test = is_test(attributes(item));
        if test {
            let span = item.span();
            self.lines += span.end().line - span.start().line + 1;
            if let Item::Mod(module) = item
                && module.content.is_none()
            {
                self.test_modules.push(module.clone());
            }
        }
        test
    }
}

impl VisitMut for StripTests {
    fn visit_file_mut(&mut self, file: &mut File) {
        file.items.retain(|item| !self.take(item));
        visit_mut::visit_file_mut(self, file);
    }

    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        if let Some((_, items)) = &mut module.content {
            items.retain(|item| !self.take(item));
        }
        visit_mut::visit_item_mod_mut(self, module);
    }

    fn visit_item_impl_mut(&mut self, item: &mut syn::ItemImpl) {
        let mut lines = 0;
        item.items.retain(|inner| {
            let test = matches!(inner, syn::ImplItem::Fn(function) if is_test(&function.attrs));
            if test {
                lines += inner.span().end().line - inner.span().start().line + 1;
            }
            !test
        });
        self.lines += lines;
    }
}
