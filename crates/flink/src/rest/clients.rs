//! The HTTP clients by the way in which addresses are spoken to: TLS and default headers belong to a client, so
//! that each way has one of its own. Nearly all clusters share the plain one. Connections are sealed everywhere
//! else; they are opened here, once each.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use domain::connection::Connection;
use domain::ports::{PortError, Vault};
use domain::secret::Sealed;

use super::client::Client;

/// Clients that are kept beside the plain one; more ways than that are made anew each time.
const KEPT: usize = 1_000;

/// See the module.
pub struct Clients {
    vault: Arc<dyn Vault>,
    plain: Client,
    others: Mutex<HashMap<Sealed, Client>>,
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").finish_non_exhaustive()
    }
}

impl Clients {
    /// The plain client, and room for others.
    ///
    /// # Errors
    /// `GiveUp` where TLS cannot be set up on this machine.
    pub fn new(vault: Arc<dyn Vault>) -> Result<Self, PortError> {
        Ok(Self {
            vault,
            plain: Client::new(&Connection::default())?,
            others: Mutex::default(),
        })
    }

    /// The client for addresses that are spoken to in this way.
    ///
    /// # Errors
    /// `GiveUp` where the connection does not open, or a certificate, a key or a header in it is not one.
    pub fn of(&self, connection: Option<&Sealed>) -> Result<Client, PortError> {
        let Some(sealed) = connection else { return Ok(self.plain.clone()) };
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = others.get(sealed) {
            return Ok(known.clone());
        }
        let made = Client::new(&Connection::open(Some(sealed), &*self.vault)?)?;
        if others.len() < KEPT {
            others.insert(sealed.clone(), made.clone());
        }
        Ok(made)
    }
}
