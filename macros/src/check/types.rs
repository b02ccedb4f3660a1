//! What is wrong with the type of an argument or answer, as far as it can be seen before types are known.

use syn::{GenericArgument, PathArguments, Type, ext::IdentExt};

use crate::{attr, ctxt::Ctxt, model::Arg};

/// The rules for a type in an answer.
pub(crate) fn argument(cx: &Ctxt, ty: &Type) {
    data(cx, ty, &mut |bytes| {
        cx.error(bytes, "`Vec<u8>` is sent as a JSON array of numbers; for binary data use `bytes::Bytes`");
    });
}

/// The rules for the type of an argument with its options.
pub(crate) fn field(cx: &Ctxt, ty: &Type, attr: &attr::Arg) {
    let mut found = false;
    data(cx, ty, &mut |bytes| {
        found = true;
        if attr.array.is_none() && attr.with.is_none() {
            cx.error(
                bytes,
                "`Vec<u8>` is sent as a JSON array of numbers; for binary data use `bytes::Bytes`, for numbers say `#[arg(array)]`",
            );
        }
    });
    if let Some(word) = &attr.array
        && !found
    {
        cx.error(word, "`array` is for a `Vec<u8>` that is to be sent as a JSON array of numbers");
    }
    if let Some(word) = &attr.nullable
        && !is_option(ty)
    {
        cx.error(word, "`nullable` is for an `Option`, which is `None` when the argument is `null`");
    }
}

/// The rules for arguments that may be missing.
pub(crate) fn order(cx: &Ctxt, args: &[Arg]) {
    for (at, arg) in args.iter().enumerate() {
        let Some(next) = args.iter().skip(at + 1).find(|next| !may_be_missing(next)) else { return };
        let next = next.ident.unraw();
        if let Some(default) = &arg.default {
            cx.error(
                &default.word,
                format!(
                    "only trailing arguments can be missing, and `{next}`, which has to be there, follows"
                ),
            );
        } else if may_be_missing(arg) {
            cx.error(
                &arg.ty,
                format!(
                    "only trailing arguments can be missing, and `{next}`, which has to be there, follows; say `#[arg(nullable)]` if this one is `null` then"
                ),
            );
        }
    }
}

fn may_be_missing(arg: &Arg) -> bool {
    arg.default.is_some() || is_option(&arg.ty) && !arg.nullable
}

/// The rules for `guard = …`.
pub(crate) fn guard(cx: &Ctxt, ty: &Type) {
    if matches!(
        ty,
        Type::Reference(_)
            | Type::Ptr(_)
            | Type::ImplTrait(_)
            | Type::TraitObject(_)
            | Type::Infer(_)
            | Type::Slice(_)
    ) {
        cx.error(ty, "a guard is an owned value of a type of your own, which implements `FromSocket`");
    }
}

fn data<'a>(cx: &Ctxt, ty: &'a Type, bytes: &mut dyn FnMut(&'a Type)) {
    match ty {
        Type::Reference(reference) => {
            cx.error(
                reference,
                "arguments are owned values: write `String` for `&str`, `Vec<T>` for `&[T]`, `T` for `&T`",
            );
        }
        Type::Ptr(_) | Type::FnPtr(_) | Type::ImplTrait(_) | Type::TraitObject(_) | Type::Never(_) => {
            cx.error(ty, "not a type of the wire: arguments are plain data");
        }
        Type::Slice(_) => cx.error(ty, "arguments are owned values: write `Vec<T>` for `[T]`"),
        Type::Infer(_) => {
            cx.error(ty, "the types of arguments are part of the wire protocol and have to be written")
        }
        Type::Array(array) => data(cx, &array.elem, bytes),
        Type::Group(group) => data(cx, &group.elem, bytes),
        Type::Paren(paren) => data(cx, &paren.elem, bytes),
        Type::Tuple(tuple) => tuple.elems.iter().for_each(|elem| data(cx, elem, bytes)),
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return };
            let PathArguments::AngleBracketed(args) = &last.arguments else { return };
            let types: Vec<_> = args
                .args
                .iter()
                .filter_map(|arg| match arg {
                    GenericArgument::Type(ty) => Some(ty),
                    _ => None,
                })
                .collect();
            if last.ident == "Vec" && types.len() == 1 && types.iter().all(|ty| is_named(ty, "u8")) {
                return bytes(ty);
            }
            types.into_iter().for_each(|ty| data(cx, ty, bytes));
        }
        _ => {}
    }
}

/// The rules for `ack = …`.
pub(crate) fn acknowledgement(cx: &Ctxt, ty: &Type) {
    if let Type::Path(path) = ty
        && path.path.segments.last().is_some_and(|last| last.ident == "Result")
    {
        return cx.error(
            ty,
            "write what can go wrong apart: `ack = T, error = E`; the handler then returns `Result<T, E>`",
        );
    }
    argument(cx, ty);
}

fn is_option(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            last.ident == "Option" && matches!(last.arguments, PathArguments::AngleBracketed(_))
        }),
        Type::Group(group) => is_option(&group.elem),
        Type::Paren(paren) => is_option(&paren.elem),
        _ => false,
    }
}

fn is_named(ty: &Type, name: &str) -> bool {
    match ty {
        Type::Path(path) => path.path.is_ident(name),
        Type::Group(group) => is_named(&group.elem, name),
        _ => false,
    }
}
