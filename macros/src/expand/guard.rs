//! The guards of a client-to-server enum: which contexts they can all be made from, and how.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

use crate::model::{Direction, EventSet, here};

/// The `impl` that says so. Its bounds are the guards: a namespace that lacks one is told so where it names the enum.
pub(super) fn expand(set: &EventSet) -> TokenStream {
    let may_have_guards = set.direction == Direction::ClientToServer || set.broken;
    if !set.sides.server || !may_have_guards {
        return TokenStream::new();
    }
    let ident = &set.ident;
    let span = set.span();
    let private = set.private(span);
    let guards =
        set.events.iter().enumerate().filter_map(|(at, event)| Some((at, &event.guard.as_ref()?.ty)));
    let guards: Vec<_> = if set.stub { Vec::new() } else { guards.collect() };
    if guards.is_empty() {
        let context = set.parameter("C");
        return quote_spanned! {span=>
            #[automatically_derived]
            impl<#context> #private::Guarded<#context> for #ident {
                fn guard<G: 'static>(
                    _: &#context,
                    _: #private::usize,
                ) -> impl #private::Future<Output = #private::Result<G, #private::Refused>> + #private::Send {
                    #private::ready_guard()
                }
            }
        };
    }
    let (namespace, wanted) = (set.parameter("N"), set.parameter("G"));
    let bounds = guards.iter().map(|(_, ty)| {
        let span = here(ty.span());
        let private = set.private(span);
        quote_spanned!(span=> #ty: #private::FromSocket<#namespace>)
    });
    let arms = guards.iter().map(|(at, ty)| {
        let span = here(ty.span());
        let private = set.private(span);
        quote_spanned! {span=>
            #at => #private::proof(<#ty as #private::FromSocket<#namespace>>::from_socket(context).await),
        }
    });
    quote_spanned! {span=>
        #[automatically_derived]
        impl<#namespace: #private::Namespace> #private::Guarded<#private::Socket<#namespace>> for #ident
        where
            #(#bounds,)*
        {
            async fn guard<#wanted: 'static>(
                context: &#private::Socket<#namespace>,
                event: #private::usize,
            ) -> #private::Result<#wanted, #private::Refused> {
                match event {
                    #(#arms)*
                    _ => #private::no_guard(),
                }
            }
        }
    }
}
