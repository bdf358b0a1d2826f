//! Lists: a page of items and where to go on.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::Problem;

/// Which page of a list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Most to answer, 1 to 500; 50 unless told.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Given back as `cursor`, answers the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Items of a page unless told.
const USUAL: u32 = 50;
/// Most items of a page.
const MOST: u32 = 500;

/// Checks a limit.
///
/// # Errors
/// 422 `bad_limit`.
pub(crate) fn limit(asked: Option<u32>, usual: u32, most: u32) -> Result<u32, Problem> {
    match asked {
        Some(0) => Err(Problem::unprocessable("bad_limit", format!("A page has 1 to {most} items.")).field("limit")),
        Some(given) if given > most => Err(Problem::unprocessable("bad_limit", format!("A page has 1 to {most} items.")).field("limit")),
        Some(given) => Ok(given),
        None => Ok(usual),
    }
}

/// A cursor that came from this list.
///
/// # Errors
/// 400 `bad_cursor`.
pub(crate) fn cursor<T: FromStr>(field: &str, text: Option<&str>) -> Result<Option<T>, Problem> {
    let bad = || Problem::bad_request("bad_cursor", "This is not the cursor of a page of this list.").field(field);
    text.map(|text| text.parse().map_err(|_| bad())).transpose()
}

impl PageQuery {
    /// How many rows to read: one more than asked, which tells whether there is a next page.
    ///
    /// # Errors
    /// 422 `bad_limit`.
    pub(crate) fn fetch(&self) -> Result<u64, Problem> {
        limit(self.limit, USUAL, MOST).map(|limit| u64::from(limit) + 1)
    }

    /// The item after which to go on.
    ///
    /// # Errors
    /// 400 `bad_cursor`.
    pub(crate) fn after<T: FromStr>(&self) -> Result<Option<T>, Problem> {
        cursor("cursor", self.cursor.as_deref())
    }

    /// The page made of rows read with [`Self::fetch`].
    pub(crate) fn page<T>(&self, rows: Vec<T>, name: impl Fn(&T) -> String) -> Page<T> {
        Page::cut(rows, self.limit.unwrap_or(USUAL), name)
    }
}

impl<T> Page<T> {
    /// A page of rows of which one more was read than fits.
    pub(crate) fn cut(mut rows: Vec<T>, limit: u32, name: impl Fn(&T) -> String) -> Self {
        let limit = limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(name);
        Self { items: rows, next_cursor }
    }

    /// The same page of other items.
    pub(crate) fn map<U>(self, to: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(to).collect(),
            next_cursor: self.next_cursor,
        }
    }

    /// A list that is complete.
    #[must_use]
    pub const fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }
}
