//! What stands between the parentheses of `#[events(…)]` above a trait: the direction, and options that are the enum's.

use proc_macro2::{Span, TokenStream};
use syn::{
    Ident, LitStr, Path, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
};

use crate::{attr, ctxt::Ctxt, model::Direction};

const DIRECTIONS: &str = "`client_to_server`, `server_to_client` or `server_to_server`";

#[derive(Default)]
pub(super) struct Arguments {
    pub(super) direction: Option<Direction>,
    pub(super) krate: Option<Path>,
    /// The options, which the derive reads and judges.
    pub(super) options: Vec<TokenStream>,
}

impl Arguments {
    pub(super) fn read(cx: &Ctxt, args: &TokenStream) -> Self {
        let mut this = Self::default();
        let mut misspelt = false;
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                this.item(cx, input, &mut misspelt)?;
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(args.clone()) {
            cx.syn_error(error);
        }
        if this.direction.is_none() && !misspelt {
            let message =
                format!("say which way the events go: {DIRECTIONS}, as in `#[events(client_to_server)]`");
            cx.syn_error(syn::Error::new(Span::call_site(), message));
        }
        this
    }

    fn item(&mut self, cx: &Ctxt, input: ParseStream<'_>, misspelt: &mut bool) -> syn::Result<()> {
        let start = input.span();
        let ahead = input.fork();
        let is_text = input.peek(LitStr);
        let item = attr::until_comma(input)?;
        let Ok(name) = ahead.call(Ident::parse_any) else {
            let message = if is_text {
                "a trait has no wire name; write it on a method: `#[event(\"…\")]`"
            } else {
                "expected a direction or an option, as in `#[events(client_to_server, rename_all = \"…\")]`"
            };
            cx.syn_error(syn::Error::new(start, message));
            return Ok(());
        };
        if !ahead.is_empty() && !ahead.peek(Token![,]) {
            if name == "crate" {
                self.krate = attr::krate(&ahead, &name).ok();
            }
            self.options.push(item);
            return Ok(());
        }
        let direction = Direction::ALL.into_iter().find(|direction| name == direction.word());
        match direction {
            Some(_) if self.direction.is_some() => {
                cx.error(name, "events go one way: write a second trait for the other");
            }
            Some(direction) => self.direction = Some(direction),
            None if is_meant_as_direction(&name) => {
                *misspelt = true;
                cx.error(&name, format!("`{name}` is no direction: write {DIRECTIONS}"));
            }
            None => self.options.push(item),
        }
        Ok(())
    }
}

fn is_meant_as_direction(name: &Ident) -> bool {
    let name = name.to_string().to_lowercase();
    ["client", "server", "_to_"].iter().any(|part| name.contains(part))
}
