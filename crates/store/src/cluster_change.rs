//! Changes that people make to a cluster: how its address is spoken to, whether it is only looked at, the jars of its next start.

use domain::artifact::{ArtifactRef, Holder, PinnedArtifact};
use domain::id::{ClusterId, TeamId, UserId};
use domain::secret::Sealed;
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};

use crate::artifact_reference as references;
use crate::cluster::changed;
use crate::connect::Store;
use crate::entity::cluster::{Column, Entity};
use crate::event::NewEvent;
use crate::fault::{Fault, StoreError};
use crate::transaction::{Scope, Tx};

/// Writes a column, or only that there was a change. The row first: a delete of the cluster comes before or after.
async fn set(tx: &Tx, (team_id, id): (TeamId, ClusterId), column: Option<(Column, SimpleExpr)>) -> Result<(), Fault> {
    let mut update = Entity::update_many()
        .col_expr(Column::Revision, Expr::col(Column::Revision).add(1))
        .filter(Column::Id.eq(id.0))
        .filter(Column::TeamId.eq(team_id.0));
    if let Some((column, value)) = column {
        update = update.col_expr(column, value);
    }
    if update.exec(&tx.conn).await?.rows_affected == 0 {
        return Err(StoreError::NotFound.into());
    }
    changed(tx, id).await
}

impl Store {
    /// Sets how a standalone cluster's address is spoken to.
    ///
    /// # Errors
    /// `NotFound` when the team has no such cluster.
    pub async fn set_connection(
        &self,
        team_id: TeamId,
        id: ClusterId,
        connection: Option<Sealed>,
        by: Option<UserId>,
    ) -> Result<(), StoreError> {
        self.write(Scope::Plain, connection, move |tx, connection| async move {
            let value = Expr::value(connection.as_ref().as_ref().map(|sealed| sealed.as_str().to_owned()));
            set(&tx, (team_id, id), Some((Column::Connection, value))).await?;
            let message = "How its address is spoken to was changed.".to_owned();
            tx.event(NewEvent::new(team_id, "cluster_connection_changed", message).cluster(id).user(by));
            tx.wake();
            Ok(())
        })
        .await
    }

    /// Sets whether a cluster is only looked at.
    ///
    /// # Errors
    /// `NotFound` when the team has no such cluster.
    pub async fn set_read_only(&self, team_id: TeamId, id: ClusterId, read_only: bool, by: Option<UserId>) -> Result<(), StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move {
            set(&tx, (team_id, id), Some((Column::ReadOnly, Expr::value(read_only)))).await?;
            let message = if read_only {
                "It is only looked at from now on: no job is started there or taken over."
            } else {
                "Jobs may be started there and taken over from now on."
            };
            tx.event(
                NewEvent::new(team_id, "cluster_access_changed", message.to_owned())
                    .cluster(id)
                    .user(by),
            );
            Ok(())
        })
        .await
    }

    /// Sets the jars of a cluster's next start.
    ///
    /// # Errors
    /// `NotFound` when the team has no such cluster; `Conflict` when one of the jars was deleted meanwhile.
    pub async fn set_cluster_jars(
        &self,
        team_id: TeamId,
        id: ClusterId,
        jars: Vec<PinnedArtifact>,
        by: Option<UserId>,
    ) -> Result<(), StoreError> {
        self.write(Scope::Plain, jars, move |tx, jars| async move {
            set(&tx, (team_id, id), None).await?;
            references::pin(&tx, team_id, &jars).await?;
            let held = jars.iter().map(ArtifactRef::from).collect();
            references::replace(&tx, team_id, (Holder::Cluster(id), None), held).await?;
            let named: Vec<String> = jars.iter().map(|jar| format!("{}@{}", jar.name, jar.version)).collect();
            let named = if named.is_empty() { "none".to_owned() } else { named.join(", ") };
            let message = format!("The jars of its next start were changed: {named}.");
            tx.event(NewEvent::new(team_id, "cluster_jars_changed", message).cluster(id).user(by));
            Ok(())
        })
        .await
    }
}
