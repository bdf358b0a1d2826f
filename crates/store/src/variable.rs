//! Variables of teams. A secret is given and kept sealed.

use domain::Millis;
use domain::id::{TeamId, UserId, VariableId};
use domain::secret::Sealed;
use domain::variable::{MAX_VARIABLES, Need, Variable, VariableUse, VariableValue};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::clock::new_id;
use crate::column::{FromRow, all, key};
use crate::connect::Store;
use crate::entity::variable;
use crate::event::NewEvent;
use crate::fault::{Fault, StoreError};
use crate::transaction::{Scope, Tx};
use crate::variable_use as uses;

/// A variable to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVariable {
    /// The team.
    pub team_id: TeamId,
    /// Unique in the team.
    pub name: String,
    /// What it stands for.
    pub value: VariableValue,
    /// One line about it.
    pub description: String,
    /// Who makes it.
    pub by: UserId,
}

/// What is to be another way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableChange {
    /// Another value.
    pub value: Option<VariableValue>,
    /// Another description.
    pub description: Option<String>,
    /// Who changes it.
    pub by: UserId,
}

/// A variable and the jobs that use it.
pub type Used = (Variable, Vec<VariableUse>);

impl FromRow<variable::Model> for Variable {
    fn from_row(row: variable::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: VariableId(row.id),
            team_id: TeamId(row.team_id),
            name: row.name,
            value: if row.secret {
                VariableValue::Secret(Sealed::new(row.value))
            } else {
                VariableValue::Plain(row.value)
            },
            former: row.former.map(Sealed::new),
            description: row.description,
            revision: row.revision,
            created_at: Millis(row.created_at),
            changed_at: Millis(row.changed_at),
            changed_by: UserId(row.changed_by),
        })
    }
}

fn parts(value: &VariableValue) -> (bool, &str) {
    match value {
        VariableValue::Plain(text) => (false, text),
        VariableValue::Secret(sealed) => (true, sealed.as_str()),
    }
}

/// The row of a variable, locked until the transaction ends.
async fn locked(tx: &Tx, team_id: TeamId, name: &str) -> Result<variable::Model, Fault> {
    let found = variable::Entity::find()
        .filter(variable::Column::TeamId.eq(team_id.0))
        .filter(variable::Column::NameKey.eq(key(name)))
        .lock_exclusive()
        .one(&tx.conn)
        .await?;
    Ok(found.ok_or(StoreError::NotFound)?)
}

/// The variables of these names, locked until the transaction ends, in one order for everybody.
pub(crate) async fn hold(tx: &Tx, team_id: TeamId, names: impl Iterator<Item = &str>) -> Result<Vec<Variable>, Fault> {
    let keys: Vec<String> = names.map(key).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let query = variable::Entity::find()
        .filter(variable::Column::TeamId.eq(team_id.0))
        .filter(variable::Column::NameKey.is_in(keys))
        .order_by_asc(variable::Column::NameKey);
    all(query.lock_exclusive().all(&tx.conn).await?)
}

async fn create(tx: &Tx, new: &NewVariable) -> Result<Variable, Fault> {
    let mine = variable::Entity::find().filter(variable::Column::TeamId.eq(new.team_id.0));
    if mine.count(&tx.conn).await? >= MAX_VARIABLES as u64 {
        return Err(Fault::conflict(format!(
            "a team has at most {MAX_VARIABLES} variables: delete one first"
        )));
    }
    let (secret, value) = parts(&new.value);
    let row = variable::Model {
        id: new_id(),
        team_id: new.team_id.0,
        name: new.name.clone(),
        name_key: key(&new.name),
        secret,
        value: value.to_owned(),
        former: None,
        description: new.description.clone(),
        revision: 1,
        created_at: tx.at.0,
        changed_at: tx.at.0,
        changed_by: new.by.0,
    };
    let made = variable::Entity::insert(row.clone().into_active_model())
        .exec_without_returning(&tx.conn)
        .await;
    let taken = || format!("a variable named '{}' exists already in this team: change that one", new.name);
    made.map_err(|error| Fault::from(error).taken(taken))?;
    tx.changed(Some(new.team_id), "variable", VariableId(row.id), None);
    Ok(Variable::from_row(row)?)
}

async fn change(tx: &Tx, (team_id, name): (TeamId, &str), asked: &VariableChange) -> Result<Used, Fault> {
    let before = locked(tx, team_id, name).await?;
    let mut row = before.clone();
    if let Some(value) = &asked.value {
        let (secret, value) = parts(value);
        if before.secret && !secret {
            return Err(Fault::conflict(format!(
                "'{name}' is a secret and stays one: delete it and make it again"
            )));
        }
        if (before.secret, before.value.as_str()) != (secret, value) {
            row.revision += 1;
            row.former = before.secret.then(|| before.value.clone());
            (row.secret, row.value) = (secret, value.to_owned());
        }
    }
    if let Some(description) = &asked.description {
        row.description.clone_from(description);
    }
    row.changed_at = tx.at.0;
    row.changed_by = asked.by.0;
    variable::Entity::update(row.clone().into_active_model().reset_all())
        .exec(&tx.conn)
        .await?;
    tx.changed(Some(team_id), "variable", VariableId(row.id), None);
    let changed = row.revision > before.revision;
    let now = Variable::from_row(row)?;
    let of = uses::of(&tx.conn, team_id, std::slice::from_ref(&now))
        .await?
        .pop()
        .unwrap_or_default();
    if changed {
        tell(tx, &now, &of, asked.by);
    }
    Ok((now, of))
}

/// The timelines of the jobs that go on with the earlier value.
fn tell(tx: &Tx, now: &Variable, of: &[VariableUse], by: UserId) {
    for job in of {
        tx.changed(Some(now.team_id), "job", job.job_id, Some(job.job_id));
        let what = if now.secret() { "secret" } else { "variable" };
        let message = match (job.need, job.release) {
            (Some(Need::Release), Some(release)) => {
                format!(
                    "The {what} '{}' was changed; release {release} has its earlier value until a new release is made.",
                    now.name
                )
            }
            (Some(Need::Restart), _) => {
                format!(
                    "The {what} '{}' was changed; the run has its earlier value until the job is restarted.",
                    now.name
                )
            }
            _ => continue,
        };
        tx.event(
            NewEvent::new(now.team_id, "variable_changed", message)
                .job(job.job_id)
                .user(Some(by)),
        );
    }
}

async fn delete(tx: &Tx, team_id: TeamId, name: &str) -> Result<(), Fault> {
    let row = locked(tx, team_id, name).await?;
    let id = row.id;
    let found = Variable::from_row(row)?;
    let of = uses::of(&tx.conn, team_id, &[found]).await?.pop().unwrap_or_default();
    if let Some(first) = of.first() {
        let which = match (first.draft, first.release) {
            (true, _) => "the draft".to_owned(),
            (false, Some(release)) => format!("release {release}"),
            (false, None) => "a run".to_owned(),
        };
        let more = match of.len() {
            1 => String::new(),
            2 => " and one more job".to_owned(),
            all => format!(" and {} more jobs", all - 1),
        };
        return Err(Fault::conflict(format!(
            "'{name}' is used by {which} of job '{}'{more}: take it out there first",
            first.job_name
        )));
    }
    variable::Entity::delete_by_id(id).exec(&tx.conn).await?;
    tx.changed(Some(team_id), "variable", VariableId(id), None);
    Ok(())
}

impl Store {
    /// Makes a variable.
    ///
    /// # Errors
    /// `Conflict` when the name is taken in the team or it has too many.
    pub async fn create_variable(&self, new: NewVariable) -> Result<Variable, StoreError> {
        self.write(Scope::Plain, new, |tx, new| async move { create(&tx, &new).await })
            .await
    }

    /// The variables of a team, by name.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn variables(&self, team_id: TeamId) -> Result<Vec<Variable>, StoreError> {
        let query = variable::Entity::find().filter(variable::Column::TeamId.eq(team_id.0));
        Ok(all(query.order_by_asc(variable::Column::Name).all(&self.reader).await?)?)
    }

    /// The variable of a name in a team.
    ///
    /// # Errors
    /// `NotFound` when the team has none.
    pub async fn variable(&self, team_id: TeamId, name: &str) -> Result<Variable, StoreError> {
        let query = variable::Entity::find()
            .filter(variable::Column::TeamId.eq(team_id.0))
            .filter(variable::Column::NameKey.eq(key(name)));
        Variable::from_row(query.one(&self.reader).await?.ok_or(StoreError::NotFound)?)
    }

    /// The secrets of a team, sealed.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn secrets(&self, team_id: TeamId) -> Result<Vec<Variable>, StoreError> {
        let query = variable::Entity::find()
            .filter(variable::Column::TeamId.eq(team_id.0))
            .filter(variable::Column::Secret.eq(true));
        Ok(all(query.all(&self.reader).await?)?)
    }

    /// Of each of these variables the jobs that use it, by name.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn variable_uses(&self, team_id: TeamId, variables: &[Variable]) -> Result<Vec<Vec<VariableUse>>, StoreError> {
        Ok(uses::of(&self.reader, team_id, variables).await?)
    }

    /// Changes a variable; answers it with the jobs that use it. The revision grows where the value is another one. The
    /// timelines of jobs that go on with the earlier value say so.
    ///
    /// # Errors
    /// `NotFound` when the team has no such variable; `Conflict` for a secret that is to become plain.
    pub async fn change_variable(&self, team_id: TeamId, name: &str, asked: VariableChange) -> Result<Used, StoreError> {
        self.write(Scope::Plain, (name.to_owned(), asked), move |tx, given| async move {
            change(&tx, (team_id, &given.0), &given.1).await
        })
        .await
    }

    /// Deletes a variable that no draft and no running or newest release uses.
    ///
    /// # Errors
    /// `NotFound` when the team has no such variable; `Conflict` naming a job that uses it.
    pub async fn delete_variable(&self, team_id: TeamId, name: &str) -> Result<(), StoreError> {
        self.write(Scope::Plain, name.to_owned(), move |tx, name| async move {
            delete(&tx, team_id, &name).await
        })
        .await
    }
}
