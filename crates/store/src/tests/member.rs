//! Roles are taken away at once, and the last admin is not lost by accident, not even by two at once.

use domain::access::{Access, TokenScope};
use domain::id::{TeamId, UserId};

use super::bed::on_each_engine;
use crate::{MemberChange, NewSession, NewToken, Store, StoreError, UserChange, now};

fn change(team_id: TeamId, user_id: UserId, role: Option<Access>) -> MemberChange {
    MemberChange {
        team_id,
        user_id,
        role,
        may_add: false,
        keep_admin: true,
    }
}

async fn let_in(store: &Store, user_id: UserId, mark: &str, scope: Option<TokenScope>) {
    let secret_sha256 = mark.repeat(64);
    let session = NewSession {
        user_id,
        secret_sha256: secret_sha256.clone(),
        expires_at: now().plus(60_000),
        user_agent: String::new(),
        address: None,
    };
    store.create_session(session).await.unwrap();
    let token = NewToken {
        user_id,
        name: mark.to_owned(),
        secret_sha256,
        expires_at: None,
        scope,
    };
    store.create_token(token).await.unwrap();
}

/// Whether session and token of a mark still let in.
async fn holds(store: &Store, mark: &str) -> (bool, bool) {
    let sha256 = mark.repeat(64);
    (
        store.session_by_secret(&sha256).await.unwrap().is_some(),
        store.token_by_secret(&sha256).await.unwrap().is_some(),
    )
}

#[test]
fn a_team_keeps_an_admin_whoever_is_faster() {
    on_each_engine(|store, _| async move {
        let (ada, bob) = (
            store.create_user("ada", None, false).await.unwrap().id,
            store.create_user("bob", None, false).await.unwrap().id,
        );
        let team = store.create_team("one").await.unwrap().id;
        for round in 0..5 {
            for user in [ada, bob] {
                store.set_member(team, user, Access::TeamAdmin).await.unwrap();
            }
            let role = (round % 2 == 0).then_some(Access::Viewer);
            let tries = [ada, bob].map(|user| {
                let store = store.clone();
                tokio::spawn(async move { store.change_member(change(team, user, role)).await })
            });
            let mut refused = 0;
            for tried in tries {
                match tried.await.unwrap() {
                    Ok(before) => assert_eq!(before, Some(Access::TeamAdmin)),
                    Err(StoreError::Conflict(why)) => {
                        assert!(why.contains("make another member its admin first"), "{why}");
                        refused += 1;
                    }
                    Err(other) => panic!("{other:?}"),
                }
            }
            assert_eq!(refused, 1);
        }
        let disabled = UserChange {
            disabled: Some(true),
            ..UserChange::default()
        };
        store.set_member(team, ada, Access::TeamAdmin).await.unwrap();
        store.set_member(team, bob, Access::TeamAdmin).await.unwrap();
        store.change_user(bob, disabled).await.unwrap();
        assert!(
            matches!(store.change_member(change(team, ada, None)).await, Err(StoreError::Conflict(_))),
            "an admin who cannot sign in is none"
        );
        let forced = MemberChange {
            keep_admin: false,
            ..change(team, ada, None)
        };
        store.change_member(forced).await.unwrap();
        assert_eq!(store.change_member(forced).await, Err(StoreError::NotFound));
        let back = MemberChange {
            role: Some(Access::Viewer),
            may_add: true,
            ..forced
        };
        assert_eq!(store.change_member(back).await, Ok(None));
    });
}

#[test]
fn the_platform_keeps_an_admin_whoever_is_faster() {
    on_each_engine(|store, _| async move {
        let users = [
            store.create_user("ada", None, true).await.unwrap().id,
            store.create_user("bob", None, true).await.unwrap().id,
        ];
        let ways = [(Some(false), None), (None, Some(true))];
        for (platform_admin, disabled) in ways {
            let change = UserChange { platform_admin, disabled };
            let tries = users.map(|user| {
                let store = store.clone();
                tokio::spawn(async move { store.change_user(user, change).await })
            });
            let mut refused = 0;
            for tried in tries {
                match tried.await.unwrap() {
                    Ok(_) => {}
                    Err(StoreError::Conflict(why)) => {
                        assert!(why.contains("make somebody else a platform admin first"), "{why}");
                        refused += 1;
                    }
                    Err(other) => panic!("{other:?}"),
                }
            }
            assert_eq!(refused, 1);
            let all = UserChange {
                platform_admin: Some(true),
                disabled: Some(false),
            };
            for user in users {
                store.change_user(user, all).await.unwrap();
            }
        }
    });
}

#[test]
fn who_is_disabled_or_removed_is_out_at_once() {
    on_each_engine(|store, _| async move {
        store.create_user("root", None, true).await.unwrap();
        let bob = store.create_user("bob", None, false).await.unwrap();
        let teams = [
            store.create_team("one").await.unwrap().id,
            store.create_team("two").await.unwrap().id,
        ];
        for team in teams {
            store.set_member(team, bob.id, Access::Operator).await.unwrap();
        }
        let scope = |team_id| {
            Some(TokenScope {
                team_id,
                role: Access::Viewer,
            })
        };
        let_in(&store, bob.id, "a", scope(teams[0])).await;
        let_in(&store, bob.id, "b", scope(teams[1])).await;
        let_in(&store, bob.id, "c", None).await;
        let (token, _) = store.token_by_secret(&"a".repeat(64)).await.unwrap().unwrap();
        assert_eq!(token.scope, scope(teams[0]));
        store.change_member(change(teams[0], bob.id, None)).await.unwrap();
        assert_eq!(holds(&store, "a").await, (true, false), "the token of the team");
        assert_eq!((holds(&store, "b").await, holds(&store, "c").await), ((true, true), (true, true)));
        store.change_member(change(teams[1], bob.id, None)).await.unwrap();
        for mark in ["a", "b", "c"] {
            assert_eq!(holds(&store, mark).await, (false, false), "{mark}: no team is left");
        }
        let_in(&store, bob.id, "d", None).await;
        store.create_link(&"e".repeat(64), bob.id, now().plus(60_000)).await.unwrap();
        let change = |disabled| UserChange {
            disabled: Some(disabled),
            ..UserChange::default()
        };
        let (before, after) = store.change_user(bob.id, change(true)).await.unwrap();
        assert!(before.disabled_at.is_none() && after.disabled_at.is_some());
        assert_eq!(holds(&store, "d").await, (false, false));
        assert_eq!(store.use_link(&"e".repeat(64)).await.unwrap(), None);
        let_in(&store, bob.id, "f", None).await;
        assert_eq!(
            holds(&store, "f").await,
            (false, false),
            "also what is made while the account is disabled"
        );
        store.change_user(bob.id, change(false)).await.unwrap();
        assert_eq!(holds(&store, "d").await, (false, false), "what has ended stays ended");
    });
}

#[test]
fn a_disabled_team_is_only_the_platforms() {
    on_each_engine(|store, _| async move {
        let bob = store.create_user("bob", None, false).await.unwrap();
        let team = store.create_team("one").await.unwrap();
        store.set_member(team.id, bob.id, Access::TeamAdmin).await.unwrap();
        let (before, after) = store.disable_team(team.id, true).await.unwrap();
        assert_eq!((before, after.disabled_at.is_some()), (team.clone(), true));
        assert!(store.memberships(bob.id, false).await.unwrap().is_empty());
        assert_eq!(store.memberships(bob.id, true).await.unwrap().len(), 1);
        store.disable_team(team.id, false).await.unwrap();
        assert_eq!(store.memberships(bob.id, false).await.unwrap().len(), 1);
        assert_eq!(store.team(team.id).await.unwrap(), team);
    });
}
