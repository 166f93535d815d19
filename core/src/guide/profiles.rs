//! The profiles: what each one changes, and why.
