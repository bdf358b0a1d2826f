//! The restart policy of a job's document. Keys that it does not have have the usual value, and are not written.

use domain::restart::{InvalidPolicy, RestartPolicy, RestartState, RestartWhen};
use domain::time::SECOND;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// After which ends a job is restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RestartWhen)]
pub enum When {
    /// After none.
    Never,
    /// After a failure.
    Failed,
    /// After a failure, and where a run is gone and nobody knows how it ended.
    FailedOrLost,
}

/// From which state a restart goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RestartState)]
pub enum State {
    /// From the newest checkpoint or savepoint of the run that failed; where it made none, from what it started from.
    #[default]
    Latest,
    /// With empty state.
    None,
}

/// What happens after a failure; the same keys and bounds as in the API. What it does not say has the usual value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Restart {
    /// After which ends.
    pub when: When,
    /// Restarts within the window; one more failure is a crash loop and ends them. Unset: 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
    /// How long failures are counted. Unset: 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 60, maximum = 86400)]
    pub window_seconds: Option<u32>,
    /// Before the first restart. Unset: 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3600)]
    pub initial_delay_seconds: Option<u32>,
    /// Each delay is so many times the one before. Unset: 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 10)]
    pub factor: Option<u32>,
    /// The longest delay. Unset: 300.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3600)]
    pub maximum_delay_seconds: Option<u32>,
    /// Each delay is up to so many percent longer or shorter. Unset: 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 50)]
    pub jitter_percent: Option<u32>,
    /// From which state. Unset: `latest`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
}

impl Restart {
    /// The policy that it says.
    #[must_use]
    pub fn policy(&self) -> RestartPolicy {
        let usual = RestartPolicy::default();
        let millis = |seconds: Option<u32>, usual: i64| seconds.map_or(usual, |seconds| i64::from(seconds) * SECOND);
        RestartPolicy {
            when: match self.when {
                When::Never => RestartWhen::Never,
                When::Failed => RestartWhen::Failed,
                When::FailedOrLost => RestartWhen::FailedOrLost,
            },
            limit: self.limit.unwrap_or(usual.limit),
            window: millis(self.window_seconds, usual.window),
            initial_delay: millis(self.initial_delay_seconds, usual.initial_delay),
            factor: self.factor.unwrap_or(usual.factor),
            maximum_delay: millis(self.maximum_delay_seconds, usual.maximum_delay),
            jitter: self.jitter_percent.unwrap_or(usual.jitter),
            state: match self.state.unwrap_or_default() {
                State::Latest => RestartState::Latest,
                State::None => RestartState::None,
            },
        }
    }

    /// The same without what has its usual value anyway.
    #[must_use]
    pub fn plain(&self) -> Self {
        let usual = Self::full(&RestartPolicy::default());
        let full = Self::full(&self.policy());
        let other = |value: Option<u32>, usual: Option<u32>| value.filter(|_| value != usual);
        Self {
            when: full.when,
            limit: other(full.limit, usual.limit),
            window_seconds: other(full.window_seconds, usual.window_seconds),
            initial_delay_seconds: other(full.initial_delay_seconds, usual.initial_delay_seconds),
            factor: other(full.factor, usual.factor),
            maximum_delay_seconds: other(full.maximum_delay_seconds, usual.maximum_delay_seconds),
            jitter_percent: other(full.jitter_percent, usual.jitter_percent),
            state: full.state.filter(|state| *state != State::default()),
        }
    }

    /// Every key of a policy, as the API wants it.
    #[must_use]
    pub fn full(policy: &RestartPolicy) -> Self {
        let seconds = |millis: i64| u32::try_from(millis / SECOND).ok();
        Self {
            when: match policy.when {
                RestartWhen::Never => When::Never,
                RestartWhen::Failed => When::Failed,
                RestartWhen::FailedOrLost => When::FailedOrLost,
            },
            limit: Some(policy.limit),
            window_seconds: seconds(policy.window),
            initial_delay_seconds: seconds(policy.initial_delay),
            factor: Some(policy.factor),
            maximum_delay_seconds: seconds(policy.maximum_delay),
            jitter_percent: Some(policy.jitter),
            state: Some(match policy.state {
                RestartState::Latest => State::Latest,
                RestartState::None => State::None,
            }),
        }
    }

    /// What goes not together, with the key.
    ///
    /// # Errors
    /// The first key that cannot be kept, and why.
    pub fn check(&self) -> Result<(), InvalidPolicy> {
        self.policy().check()
    }
}
