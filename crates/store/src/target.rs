//! Targets: namespaces of Kubernetes clusters. They belong to the platform and are granted to teams; a new one is for
//! no team, because whoever may use it acts with its credentials.

use std::collections::{BTreeMap, BTreeSet};

use domain::Millis;
use domain::id::TargetId;
use domain::target::{KubernetesDefaults, KubernetesPlace, MAX_TARGETS, Target, TargetProbe, TargetTest};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::clock::new_id;
use crate::column::{FromRow, all, from_json, json, key};
use crate::connect::Store;
use crate::entity::target;
use crate::fault::{Fault, StoreError};
use crate::grant;
use crate::transaction::{Scope, Tx};

/// What a target is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTarget {
    /// Name, unique in the platform.
    pub name: String,
    /// Where it is; a kubeconfig in it is sealed.
    pub place: KubernetesPlace,
    /// What holds for every cluster there.
    pub defaults: KubernetesDefaults,
}

impl FromRow<target::Model> for Target {
    fn from_row(row: target::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: TargetId(row.id),
            name: row.name,
            place: from_json("targets.place", &row.place)?,
            defaults: from_json("targets.defaults", &row.defaults)?,
            created_at: Millis(row.created_at),
            revision: row.revision,
        })
    }
}

fn taken(error: impl Into<Fault>, name: &str) -> Fault {
    error
        .into()
        .taken(|| format!("a target named '{name}' exists already: choose another name"))
}

async fn create(tx: &Tx, new: &NewTarget) -> Result<Target, Fault> {
    if target::Entity::find().count(&tx.conn).await? >= MAX_TARGETS as u64 {
        return Err(Fault::conflict(format!(
            "a platform has at most {MAX_TARGETS} targets: delete one first"
        )));
    }
    let row = target::Model {
        id: new_id(),
        name: new.name.clone(),
        name_key: key(&new.name),
        place: json(&new.place)?,
        defaults: json(&new.defaults)?,
        tested: None,
        revision: 1,
        created_at: tx.at.0,
    };
    let made = target::Entity::insert(row.clone().into_active_model())
        .exec_without_returning(&tx.conn)
        .await;
    made.map_err(|error| taken(error, &new.name))?;
    let made = Target::from_row(row)?;
    grant::restrict(tx, made.id, &BTreeSet::new()).await?;
    tx.changed(None, "target", made.id, None);
    Ok(made)
}

async fn change(tx: &Tx, (id, base): (TargetId, Option<i64>), new: &NewTarget) -> Result<Option<Target>, Fault> {
    let found = target::Entity::find_by_id(id.0).lock_exclusive().one(&tx.conn).await?;
    let before = found.ok_or(StoreError::NotFound)?;
    if base.is_some_and(|base| base != before.revision) {
        return Ok(None);
    }
    let row = target::Model {
        name: new.name.clone(),
        name_key: key(&new.name),
        place: json(&new.place)?,
        defaults: json(&new.defaults)?,
        revision: before.revision + 1,
        ..before
    };
    let changed = target::Entity::update(row.clone().into_active_model().reset_all())
        .exec(&tx.conn)
        .await;
    changed.map_err(|error| taken(error, &new.name))?;
    tx.changed(None, "target", id, None);
    Ok(Some(Target::from_row(row)?))
}

/// The last test of a target, for a write that depends on it.
async fn tested(tx: &Tx, id: TargetId) -> Result<Option<TargetTest>, Fault> {
    let row = target::Entity::find_by_id(id.0).lock_exclusive().one(&tx.conn).await?;
    let text = row.and_then(|row| row.tested);
    Ok(text.map(|text| from_json("targets.tested", &text)).transpose()?)
}

async fn keep(tx: &Tx, id: TargetId, test: &TargetTest) -> Result<(), Fault> {
    target::Entity::update_many()
        .set(target::ActiveModel {
            tested: ActiveValue::Set(Some(json(test)?)),
            ..Default::default()
        })
        .filter(target::Column::Id.eq(id.0))
        .exec(&tx.conn)
        .await?;
    tx.changed(None, "target", id, None);
    Ok(())
}

impl Store {
    /// Makes a target, for no team yet.
    ///
    /// # Errors
    /// `Conflict` when the name is taken or there are too many.
    pub async fn create_target(&self, new: NewTarget) -> Result<Target, StoreError> {
        self.write(Scope::Plain, new, |tx, new| async move { create(&tx, &new).await })
            .await
    }

    /// All targets, by name.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn targets(&self) -> Result<Vec<Target>, StoreError> {
        Ok(all(target::Entity::find()
            .order_by_asc(target::Column::Name)
            .all(&self.reader)
            .await?)?)
    }

    /// One target.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn target(&self, id: TargetId) -> Result<Target, StoreError> {
        let row = target::Entity::find_by_id(id.0).one(&self.reader).await?;
        Target::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// The target of a name.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn target_by_name(&self, name: &str) -> Result<Target, StoreError> {
        let query = target::Entity::find().filter(target::Column::NameKey.eq(key(name)));
        Target::from_row(query.one(&self.reader).await?.ok_or(StoreError::NotFound)?)
    }

    /// Changes a target that still has the revision, or whatever it has; nothing is changed and answered where it has
    /// another one.
    ///
    /// # Errors
    /// `NotFound` when it is gone, `Conflict` when the name is taken.
    pub async fn change_target(&self, id: TargetId, base: Option<i64>, new: NewTarget) -> Result<Option<Target>, StoreError> {
        self.write(Scope::Plain, new, move |tx, new| async move { change(&tx, (id, base), &new).await })
            .await
    }

    /// Deletes a target with its grants.
    ///
    /// # Errors
    /// `NotFound` when there is none; `Conflict` when a cluster uses it.
    pub async fn delete_target(&self, id: TargetId) -> Result<(), StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move {
            let gone = target::Entity::delete_by_id(id.0).exec(&tx.conn).await?;
            if gone.rows_affected == 0 {
                return Err(StoreError::NotFound.into());
            }
            grant::in_use(&tx, id, &BTreeSet::new()).await?;
            grant::forget(&tx, id).await?;
            tx.changed(None, "target", id, None);
            Ok(())
        })
        .await
    }

    /// Keeps what the last test of a target found; nothing where the target is gone.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn keep_target_test(&self, id: TargetId, test: TargetTest) -> Result<(), StoreError> {
        self.write(Scope::Plain, test, move |tx, test| async move {
            keep(&tx, id, &test).await?;
            Ok(())
        })
        .await
    }

    /// Keeps how a probe of a target goes, where it is still the newest one; answers whether it is to go on.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn keep_target_probe(&self, id: TargetId, probe: TargetProbe) -> Result<bool, StoreError> {
        self.write(Scope::Plain, probe, move |tx, probe| async move {
            let Some(mut test) = tested(&tx, id).await? else { return Ok(false) };
            let Some(known) = test.probe.as_mut().filter(|known| known.at == probe.at) else {
                return Ok(false);
            };
            let cancelled = known.cancelled;
            *known = TargetProbe {
                cancelled,
                ..(*probe).clone()
            };
            keep(&tx, id, &test).await?;
            Ok(!cancelled)
        })
        .await
    }

    /// Cancels the probe of a target that goes on; answers whether there is one.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn cancel_target_probe(&self, id: TargetId) -> Result<bool, StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move {
            let Some(mut test) = tested(&tx, id).await? else { return Ok(false) };
            let Some(known) = test.probe.as_mut().filter(|known| known.running(tx.at)) else {
                return Ok(false);
            };
            known.cancelled = true;
            keep(&tx, id, &test).await?;
            Ok(true)
        })
        .await
    }

    /// The last test of a target.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn target_test(&self, id: TargetId) -> Result<Option<TargetTest>, StoreError> {
        let row = target::Entity::find_by_id(id.0).one(&self.reader).await?;
        let text = row.and_then(|row| row.tested);
        text.map(|text| from_json("targets.tested", &text)).transpose()
    }

    /// The last tests of all targets that were tested.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn target_tests(&self) -> Result<BTreeMap<TargetId, TargetTest>, StoreError> {
        let rows: Vec<(uuid::Uuid, String)> = target::Entity::find()
            .select_only()
            .columns([target::Column::Id, target::Column::Tested])
            .filter(target::Column::Tested.is_not_null())
            .into_tuple()
            .all(&self.reader)
            .await?;
        rows.into_iter()
            .map(|(id, text)| Ok((TargetId(id), from_json("targets.tested", &text)?)))
            .collect()
    }
}
