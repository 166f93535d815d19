//! Requests and responses as values.
//!
//! A transport turns an [`HttpRequest`] into bytes on a wire and what comes back into an [`HttpResponse`].
//! What it must do, all of it:
//!
//! * send exactly what is described, and no cookie;
//! * follow no redirect;
//! * treat no status as an error;
//! * pass each header with [`ResponseBuilder::header`];
//! * decode nothing, and call [`ResponseBuilder::refuse_encoded`] after the headers (or decode, if the platform
//!   cannot do otherwise);
//! * feed the decoded body in chunks with [`ResponseBuilder::chunk`], and stop at the first `Err`;
//! * apply a timeout to the whole exchange;
//! * speak TLS with verified certificates;
//! * never retry: only the core knows which request may be repeated;
//! * never log bodies, nor keep an address inside an error.

mod challenge;
mod request;
mod response;

pub use challenge::Challenge;
pub use request::{HttpRequest, Method};
pub use response::{HttpResponse, ResponseBuilder};
