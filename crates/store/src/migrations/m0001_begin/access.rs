//! Tables of teams, people and what lets them in.

use sea_orm::DbBackend;

use super::{NewTable, id, line, maybe_number, maybe_text, number, sha256, text, word, yes_no};

/// The tables.
pub fn tables(backend: DbBackend) -> Vec<NewTable> {
    vec![
        NewTable::new("schema_facts", vec![word("name"), number("amount")]).primary(&["name"]),
        NewTable::new("teams", vec![id("id"), line("name"), sha256("name_key"), number("created_at")])
            .primary(&["id"])
            .unique("uq_teams_name", &["name_key"]),
        NewTable::new(
            "users",
            vec![
                id("id"),
                line("name"),
                sha256("name_key"),
                maybe_text(backend, "password_hash"),
                yes_no("platform_admin"),
                number("created_at"),
            ],
        )
        .primary(&["id"])
        .unique("uq_users_name", &["name_key"]),
        NewTable::new("members", vec![id("team_id"), id("user_id"), word("role")])
            .primary(&["team_id", "user_id"])
            .belongs("team_id", "teams")
            .belongs("user_id", "users")
            .index("ix_members_user", &["user_id"]),
        sessions(backend),
        tokens(),
        links(),
    ]
}

fn sessions(backend: DbBackend) -> NewTable {
    NewTable::new(
        "sessions",
        vec![
            id("id"),
            sha256("secret_key"),
            id("user_id"),
            text(backend, "user_agent"),
            number("created_at"),
            number("expires_at"),
        ],
    )
    .primary(&["id"])
    .belongs("user_id", "users")
    .unique("uq_sessions_secret", &["secret_key"])
    .index("ix_sessions_user", &["user_id"])
    .index("ix_sessions_expires", &["expires_at"])
}

fn tokens() -> NewTable {
    NewTable::new(
        "tokens",
        vec![
            id("id"),
            sha256("secret_key"),
            id("user_id"),
            line("name"),
            number("created_at"),
            maybe_number("expires_at"),
            maybe_number("last_used_at"),
        ],
    )
    .primary(&["id"])
    .belongs("user_id", "users")
    .unique("uq_tokens_secret", &["secret_key"])
    .index("ix_tokens_user", &["user_id"])
}

fn links() -> NewTable {
    NewTable::new(
        "links",
        vec![
            sha256("secret_key"),
            id("user_id"),
            number("created_at"),
            number("expires_at"),
            maybe_number("used_at"),
        ],
    )
    .primary(&["secret_key"])
    .belongs("user_id", "users")
}
