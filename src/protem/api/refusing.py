"""The refusals that several operations share, for their responses in the OpenAPI document."""

from protem.domain import errors

KEYED = (errors.IdempotencyKeyReused, errors.IdempotencyKeyBusy)
"""Of what takes an Idempotency-Key."""

NAMING = (errors.UnknownPrincipal, errors.AmbiguousName, errors.CatalogueEmpty)
"""Of what names somebody."""

ASKING = (
    *NAMING,
    errors.UnknownAccount,
    errors.UnknownPermissionSet,
    errors.UnknownEntitlement,
    errors.AmbiguousEntitlement,
    errors.NotEligible,
    errors.BeneficiaryRefused,
    errors.DurationOutOfBounds,
    errors.StartOutOfBounds,
    errors.JustificationRefused,
    errors.TicketRefused,
    errors.OutsideAllowedHours,
    errors.TooManyGrants,
    errors.CoolingDown,
    errors.NoApprovers,
    errors.ReviewOpen,
    errors.Locked,
    errors.AccountNotAssignable,
    errors.StandingAccess,
    *KEYED,
)

ANSWERING = (
    errors.NotFound,
    errors.OwnRequest,
    errors.NotAnApprover,
    errors.RelayRefused,
    errors.StaleDigest,
    errors.RequestAnswered,
    errors.AlreadyDecided,
    errors.WideningRefused,
    errors.DurationOutOfBounds,
    errors.NotEligible,
    errors.Locked,
    errors.GrantOver,
)

EXTENDING = (
    errors.NotFound,
    errors.GrantOver,
    errors.ExtensionPending,
    errors.ExtensionRefused,
    errors.NotEligible,
    errors.BeneficiaryRefused,
    errors.DurationOutOfBounds,
    errors.JustificationRefused,
    errors.TicketRefused,
    errors.OutsideAllowedHours,
    errors.TooManyGrants,
    errors.CoolingDown,
    errors.NoApprovers,
    errors.ReviewOpen,
    errors.Locked,
    errors.AccountNotAssignable,
    errors.CatalogueEmpty,
    *KEYED,
)

CONFIRMING = (
    *NAMING,
    errors.NotFound,
    errors.OwnChange,
    errors.ChangeOver,
    errors.ProposerGone,
    errors.EntitlementsInvalid,
    errors.EntitlementsFromFile,
    errors.VersionMoved,
    errors.LockOver,
    errors.OwnRequest,
    errors.ReviewClosed,
    errors.TokenRevoked,
    errors.TokenOver,
    errors.TokenRotated,
    errors.ForceCloseRefused,
)
"""What confirming a change refuses, and what the effects that can be proposed refuse."""
