//! Invitations: each lets one person in, once, and only while it is open.

use domain::access::Access;
use domain::id::{TeamId, UserId};

use super::bed::on_each_engine;
use crate::{Guest, MemberChange, NewInvitation, StoreError, UserChange, now};

fn invitation(team_id: TeamId, by: UserId, secret: &str, role: Access) -> NewInvitation {
    NewInvitation {
        team_id,
        role,
        note: "für Bob 🚀".to_owned(),
        created_by: by,
        secret_sha256: secret.repeat(64),
        expires_at: now().plus(60_000),
    }
}

fn guest(name: &str) -> Guest {
    Guest::New(name.to_owned(), "hash".to_owned())
}

#[test]
fn of_many_who_accept_at_once_one_gets_in() {
    on_each_engine(|store, _| async move {
        let ada = store.create_user("ada", None, true).await.unwrap();
        let team = store.create_team("one").await.unwrap();
        let made = store
            .create_invitation(invitation(team.id, ada.id, "a", Access::Developer))
            .await
            .unwrap();
        assert_eq!(store.invitations(team.id).await.unwrap(), std::slice::from_ref(&made));
        let tries = (0..8).map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.accept_invitation(&"a".repeat(64), guest(&format!("guest {number}"))).await })
        });
        let mut let_in = Vec::new();
        for tried in tries.collect::<Vec<_>>() {
            match tried.await.unwrap() {
                Ok((_, user)) => let_in.push(user),
                Err(error) => assert_eq!(error, StoreError::NotFound),
            }
        }
        assert_eq!(let_in.len(), 1);
        assert_eq!(store.users().await.unwrap().len(), 2, "the others left nothing behind");
        assert_eq!(store.members(team.id).await.unwrap(), [(let_in[0].clone(), Access::Developer)]);
        assert!(store.invitations(team.id).await.unwrap().is_empty());
        assert_eq!(store.delete_invitation(team.id, made.id).await, Err(StoreError::NotFound), "used");
    });
}

#[test]
fn of_two_invitations_with_one_name_at_once_the_other_stays_open() {
    on_each_engine(|store, _| async move {
        let ada = store.create_user("ada", None, true).await.unwrap();
        let teams = [store.create_team("one").await.unwrap(), store.create_team("two").await.unwrap()];
        for (team, secret) in teams.iter().zip(["a", "b"]) {
            store
                .create_invitation(invitation(team.id, ada.id, secret, Access::Viewer))
                .await
                .unwrap();
        }
        let tries = ["a", "b"].map(|secret| {
            let store = store.clone();
            tokio::spawn(async move { store.accept_invitation(&secret.repeat(64), guest("bob")).await })
        });
        let mut refused = 0;
        for tried in tries {
            match tried.await.unwrap() {
                Ok(_) => {}
                Err(StoreError::Conflict(why)) => {
                    assert!(why.contains("choose another name"), "{why}");
                    refused += 1;
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        let open = store.invitations(teams[0].id).await.unwrap().len() + store.invitations(teams[1].id).await.unwrap().len();
        assert_eq!((refused, open), (1, 1));
        let bob = store.user_by_name("bob").await.unwrap().unwrap();
        for secret in ["a", "b"] {
            let _ = store.accept_invitation(&secret.repeat(64), Guest::Known(bob.id)).await;
        }
        assert_eq!(store.memberships(bob.id, false).await.unwrap().len(), 2);
    });
}

#[test]
fn what_is_over_lets_nobody_in() {
    on_each_engine(|store, _| async move {
        let ada = store.create_user("ada", None, true).await.unwrap();
        let eve = store.create_user("eve", None, false).await.unwrap();
        let team = store.create_team("one").await.unwrap();
        store.set_member(team.id, eve.id, Access::TeamAdmin).await.unwrap();
        let over = async |secret: &str| {
            let sha256 = secret.repeat(64);
            assert_eq!(
                store.invitation_by_secret(&sha256).await.unwrap_err(),
                StoreError::NotFound,
                "{secret}"
            );
            let tried = store.accept_invitation(&sha256, guest("bob")).await;
            assert_eq!(tried.unwrap_err(), StoreError::NotFound, "{secret}");
        };
        over("0").await;
        let mut expired = invitation(team.id, ada.id, "1", Access::Viewer);
        expired.expires_at = now();
        store.create_invitation(expired).await.unwrap();
        over("1").await;
        let revoked = store
            .create_invitation(invitation(team.id, ada.id, "2", Access::Viewer))
            .await
            .unwrap();
        let other = store.create_team("two").await.unwrap();
        assert_eq!(store.delete_invitation(other.id, revoked.id).await, Err(StoreError::NotFound));
        store.delete_invitation(team.id, revoked.id).await.unwrap();
        over("2").await;
        // Who loses power cannot come back by an invitation of their own.
        store
            .create_invitation(invitation(team.id, eve.id, "3", Access::TeamAdmin))
            .await
            .unwrap();
        let demoted = MemberChange {
            team_id: team.id,
            user_id: eve.id,
            role: Some(Access::Viewer),
            may_add: false,
            keep_admin: false,
        };
        store.change_member(demoted).await.unwrap();
        over("3").await;
        store
            .create_invitation(invitation(team.id, eve.id, "4", Access::TeamAdmin))
            .await
            .unwrap();
        let disabled = UserChange {
            disabled: Some(true),
            ..UserChange::default()
        };
        store.change_user(eve.id, disabled).await.unwrap();
        over("4").await;
        store
            .create_invitation(invitation(team.id, ada.id, "5", Access::Viewer))
            .await
            .unwrap();
        store.disable_team(team.id, true).await.unwrap();
        over("5").await;
        store.disable_team(team.id, false).await.unwrap();
        store.accept_invitation(&"5".repeat(64), guest("bob")).await.unwrap();
        assert!(matches!(
            store
                .create_invitation(invitation(team.id, ada.id, "6", Access::PlatformAdmin))
                .await,
            Err(StoreError::Invalid(_))
        ));
    });
}

#[test]
fn somebody_known_only_gains() {
    on_each_engine(|store, _| async move {
        let ada = store.create_user("ada", None, true).await.unwrap();
        let bob = store.create_user("bob", None, false).await.unwrap();
        let team = store.create_team("one").await.unwrap();
        store.set_member(team.id, bob.id, Access::Operator).await.unwrap();
        for (secret, role) in [("a", Access::Viewer), ("b", Access::Operator)] {
            store.create_invitation(invitation(team.id, ada.id, secret, role)).await.unwrap();
            let tried = store.accept_invitation(&secret.repeat(64), Guest::Known(bob.id)).await;
            assert!(matches!(tried, Err(StoreError::Conflict(_))));
        }
        assert_eq!(store.invitations(team.id).await.unwrap().len(), 2, "they can still be used");
        store
            .create_invitation(invitation(team.id, ada.id, "c", Access::Developer))
            .await
            .unwrap();
        store.accept_invitation(&"c".repeat(64), Guest::Known(bob.id)).await.unwrap();
        assert_eq!(store.members(team.id).await.unwrap(), [(bob, Access::Developer)]);
    });
}
