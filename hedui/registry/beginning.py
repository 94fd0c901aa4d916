"""The keyring of a registry: made where it holds nothing yet, and looked for everywhere else."""

from sqlalchemy import Engine, exists, select

from hedui.keys import installation
from hedui.keys.ring import Ring
from hedui.registry.database import session
from hedui.registry.models import AuditEntry, Member
from hedui.settings import Settings


def keyring(settings: Settings, engine: Engine) -> Ring:
    """Open the keyring. It is made only for a registry without members and entries: a lost one is to be missed.

    Raises Stop: as `installation.begin` and `installation.ring`.
    """
    with session(engine, readonly=True) as opened:
        begun = opened.scalar(select(exists().where(Member.ref.is_not(None)) | exists().where(AuditEntry.seq > 0)))
    return installation.ring(settings) if begun else installation.begin(settings)
