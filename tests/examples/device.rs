//! A device login against the embedded provider, in virtual time:
//!
//! ```sh
//! cargo run --example device
//! ```

use relying_party::Policy;
use relying_party_tests::scenario::World;

fn main() -> Result<(), relying_party::Error> {
    let mut world = World::default();
    let client = world.discover("public", Policy::default())?;

    let started = world.run(client.start_device_login().scope("email"))?;
    println!("Open {} and enter {}.", started.verification_uri, started.user_code);
    // Somebody does, on another screen.
    world.op.decide_device(&started.user_code, Some("alice"), world.clock.now().seconds());

    let granted = world.run(client.poll_device_login(started.pending))?;
    if let Some(id_token) = granted.id_token() {
        println!("{} at {}", id_token.subject().sub(), id_token.subject().issuer());
    }
    Ok(())
}
