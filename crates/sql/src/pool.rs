//! The pool of planner workers.

use domain::ports::{Check, PortError, SqlChecker};
use domain::sql::{Report, Statement};

use crate::settings::PlannerSettings;

/// Checks scripts with the planners of installed Flink distributions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Planners {
    settings: PlannerSettings,
}

impl Planners {
    /// A pool without workers; they start with the first check of their distribution.
    #[must_use]
    pub fn new(settings: PlannerSettings) -> Self {
        Self { settings }
    }
}

#[async_trait::async_trait]
impl SqlChecker for Planners {
    async fn check(&self, _check: &Check) -> Result<Report, PortError> {
        Err(PortError::GiveUp(format!("no planner at {}", self.settings.planner_jar.display())))
    }

    fn split(&self, script: &str) -> Vec<Statement> {
        crate::split(script)
    }
}
