"""What admins, receivers of events and auditors are told no about."""

from protem.domain.errors.refusals import Refusal


class EntitlementsInvalid(Refusal):
    code = "entitlements-invalid"
    title = "The entitlements cannot be used"


class EntitlementsFromFile(Refusal):
    code = "entitlements-from-file"
    title = "The entitlements come from a file on the server"


class VersionMoved(Refusal):
    code = "version-moved"
    title = "The base version is no longer the current one"


class PreconditionRequired(Refusal):
    code = "precondition-required"
    title = "If-Match is needed here"


class CatalogueEmpty(Refusal):
    code = "catalogue-empty"
    title = "The catalogue has not been synchronised yet"


class ForceCloseRefused(Refusal):
    code = "force-close-refused"
    title = "This assignment cannot be given up"


class NothingToRetry(Refusal):
    code = "nothing-to-retry"
    title = "There is nothing to try again"


class OwnChange(Refusal):
    code = "own-change"
    title = "Somebody else has to confirm what you proposed"


class ChangeOver(Refusal):
    code = "change-over"
    title = "The change does not wait any more"


class ProposerGone(Refusal):
    code = "proposer-gone"
    title = "Whoever proposed this may not any more"


class WebhookDisabled(Refusal):
    code = "webhook-disabled"
    title = "Nothing is sent to this webhook now"


class DeliveryPending(Refusal):
    code = "delivery-pending"
    title = "The delivery is still being tried"


class ReceiptNotReady(Refusal):
    code = "receipt-not-ready"
    title = "There is no receipt of this grant yet"


class ReceiptGone(Refusal):
    code = "receipt-gone"
    title = "The record of this grant is no longer kept"


class SigningKeyMissing(Refusal):
    code = "signing-key-missing"
    title = "There is no key to sign with"
