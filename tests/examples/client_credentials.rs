//! Tokens for a service itself, from the embedded provider:
//!
//! ```sh
//! cargo run --example client_credentials
//! ```

use relying_party::Policy;
use relying_party_tests::scenario::World;

fn main() -> Result<(), relying_party::Error> {
    let mut world = World::default();
    let client = world.discover("confidential", Policy::default())?;

    let granted = world.run(client.client_credentials().scope("read write"))?;
    println!("scope: {:?}", granted.tokens().scope());
    println!("expires at: {:?}", granted.tokens().expires_at());
    Ok(())
}
