//! Enums whose variants each have a stable code.

macro_rules! coded {
    ($(#[$meta:meta])* $name:ident {
        $($(#[doc = $doc:literal])* $variant:ident $({ $($(#[doc = $fdoc:literal])* $field:ident: $fty:ty),* })?
            $(($tty:ty))? $code:literal $text:literal $(($($arg:tt)*))?,)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[doc = $doc])* #[error($text $(, $($arg)*)?)]
            $variant $({ $($(#[doc = $fdoc])* $field: $fty),* })? $(($tty))?,)*
        }

        impl $name {
            pub(super) fn code(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $code,)* }
            }
        }
    };
}

pub(super) use coded;
