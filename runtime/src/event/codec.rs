//! Arguments that `#[arg(…)]` says something about: written by functions of the user's, or with a value for when they are missing.

use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ArgReader, ArgWriter, DecodeError};

/// How an argument of type `T` is read and written: `with = module`. Implemented on the enum, `AT` tells its arguments apart.
#[doc(hidden)]
pub trait ArgCodec<T, const AT: usize>: 'static {
    /// The module's `serialize`.
    fn serialize<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error>;

    /// The module's `deserialize`.
    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error>;
}

/// An argument read by its codec.
struct Read<T, E, const AT: usize>(T, PhantomData<E>);

impl<'de, T, E: ArgCodec<T, AT>, const AT: usize> Deserialize<'de> for Read<T, E, AT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        E::deserialize(deserializer).map(|value| Self(value, PhantomData))
    }
}

/// An argument written by its codec.
struct Written<'a, T, E, const AT: usize>(&'a T, PhantomData<E>);

impl<T, E: ArgCodec<T, AT>, const AT: usize> Serialize for Written<'_, T, E, AT> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        E::serialize(self.0, serializer)
    }
}

/// Reads the next argument by its codec.
#[doc(hidden)]
pub fn read_coded<T: 'static, E: ArgCodec<T, AT>, const AT: usize>(
    args: &mut ArgReader<'_>,
    name: &'static str,
) -> Result<T, DecodeError> {
    args.arg(name).map(|Read(value, _): Read<T, E, AT>| value)
}

/// Reads the next argument by its codec, or makes it.
#[doc(hidden)]
pub fn read_coded_or<T: 'static, E: ArgCodec<T, AT>, const AT: usize>(
    args: &mut ArgReader<'_>,
    name: &'static str,
    missing: fn() -> T,
) -> Result<T, DecodeError> {
    match args.optional(name)? {
        Some(Read::<T, E, AT>(value, _)) => Ok(value),
        None => Ok(missing()),
    }
}

/// Writes the next argument by its codec.
#[doc(hidden)]
pub fn write_coded<T, E: ArgCodec<T, AT>, const AT: usize>(value: &T, args: &mut ArgWriter) {
    args.arg(&Written::<T, E, AT>(value, PhantomData));
}

/// What an emitter's method takes for an argument with a codec: a `T` or `&T`, which need not serialize.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent as `{T}`",
    label = "expected `{T}` or `&{T}`"
)]
pub trait EmitValue<T> {
    /// The value.
    fn value(&self) -> &T;
}

#[diagnostic::do_not_recommend]
impl<T> EmitValue<T> for T {
    fn value(&self) -> &T {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T> EmitValue<T> for &T {
    fn value(&self) -> &T {
        self
    }
}

/// A type with a `Default`, asked for by an option.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no default value",
    label = "needs `Default`",
    note = "`#[arg(default)]` is for an argument whose type has one; `#[arg(default = function)]` names a function that makes it",
    note = "an `optional` event that is not handled is answered with its acknowledgement's default"
)]
pub trait HasDefault {
    /// It.
    fn default_value() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Default> HasDefault for T {
    fn default_value() -> Self {
        T::default()
    }
}
