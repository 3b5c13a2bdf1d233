"""Where moto 5.2 is known not to behave as AWS does: the one table of it, by the name of the test."""

from dataclasses import dataclass

import pytest
from botocore.exceptions import ClientError

ACCEPTED: type[BaseException] = pytest.fail.Exception
"""How it shows that nothing was raised."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What moto does instead, and the error by which the test notices."""

    what: str
    seen_as: type[BaseException] = AssertionError


DIFFERENCES = {
    # assignments
    "test_a_creation_is_in_progress_at_first": Difference("everything has succeeded at once"),
    "test_creating_twice_leaves_one_assignment": Difference("the assignment is kept, and listed, twice"),
    "test_a_deletion_has_a_request_id_of_its_own": Difference("it is the request id of the creation"),
    "test_deleting_what_is_absent_is_accepted_and_fails": Difference(
        "refused with ResourceNotFoundException", ClientError
    ),
    "test_creating_for_nobody_is_accepted_and_fails": Difference("succeeds: principals are not checked"),
    "test_creating_in_an_unknown_account_is_refused": Difference("accounts are not checked", ACCEPTED),
    "test_creating_with_an_unknown_permission_set_is_refused": Difference(
        "permission sets are not checked", ACCEPTED
    ),
    "test_an_account_takes_one_write_at_a_time": Difference("nothing ever conflicts", ACCEPTED),
    "test_running_creations_are_listed": Difference("not implemented", NotImplementedError),
    "test_finished_deletions_are_listed": Difference(
        "not implemented, and there is no failed deletion to list", ClientError
    ),
    "test_an_identifier_out_of_pattern_is_refused": Difference("patterns are not checked", ACCEPTED),
    "test_a_word_out_of_its_enumeration_is_refused": Difference("enumerations are not checked", ACCEPTED),
    "test_access_through_a_group_is_listed_for_its_members": Difference("only a user's own is listed"),
    "test_an_assignment_provisions_its_permission_set": Difference("only ProvisionPermissionSet does"),
    # the catalogue
    "test_the_arn_of_a_permission_set_has_a_form_of_its_own": Difference(
        "it is the instance's ARN and more: one that the service model's pattern refuses"
    ),
    "test_without_a_boundary_there_is_none_to_get": Difference("not implemented", NotImplementedError),
    "test_its_tags_are_listed": Difference("not implemented", NotImplementedError),
    "test_an_unknown_instance_is_not_found": Difference("an empty list", ACCEPTED),
    "test_a_token_from_nowhere_is_refused": Difference("refused as InvalidToken, which AWS does not have"),
    # the directory
    "test_a_user_carries_its_revision_and_status": Difference("neither is there", KeyError),
    "test_members_of_an_unknown_group_are_not_found": Difference("an empty list", ACCEPTED),
    "test_another_identity_store_is_not_found": Difference("any id has a store, an empty one", ACCEPTED),
    # the organization
    "test_accounts_have_a_state_and_paths": Difference("there are no paths", KeyError),
    "test_parents_of_an_unknown_account_are_those_of_an_unknown_child": Difference(
        "AccountNotFoundException"
    ),
    "test_an_identifier_out_of_pattern_is_invalid_input": Difference("AccountNotFoundException"),
}
