# Keys over a populated installation: replaced, revoked, dropped; households shredded.

cli-keys = keys: list, replace, revoke; shred a household's reports in every copy

problem-custody-busy = another process is working on the keys of this installation
problem-custody-busy-hint = wait until it has finished, or end it and call again: it goes on where it was
problem-custody-lost = the lock under which this was working is lost: its connection to the registry was cut, or its file deleted
problem-custody-lost-hint = nothing was destroyed after that. Call again: it goes on where it was
problem-key-runs-open = runs are open that may yet set rows aside under generation { $generation } of key { $key }: { $runs }
problem-key-runs-open-hint = publish them, call hedui keys rewrap quarantine and then this again; to lose such rows, say --anyway
problem-key-still-holds = { $count } things still lie under generation { $generation } of key { $key }
problem-key-still-holds-hint = put them under the active generation: hedui keys rewrap; to lose them, say --anyway
problem-shred-unknown = no household of that reference is on record, so nothing was destroyed
problem-shred-unknown-hint = give references such as H000123: hedui report list shows them
problem-shred-not-confirmed = that is not the same reference, so nothing was destroyed
problem-shred-not-confirmed-hint = call again, and type the reference of the household as it was given
problem-shred-tables-left = { $count } share tables can be neither read nor made good, the first in { $first }; no key was destroyed
problem-shred-tables-left-hint = put these files back from a backup and call again; to lose the reports in them, say --anyway

keys-help =
    The keys of this installation, and other keys for what lies under them.

    Example: hedui keys list
keys-list-help =
    List keys by generation and the vault by epoch: state, age, algorithm, and what still lies under each.

    Regions that have one generation only are counted. What stands in the registry under index is not counted: every number would have to be opened.

    Example: hedui keys list --all
keys-list-all-help = list every region
keys-list-no-count-help = do not look into registry and store
keys-rotate-help =
    Replace keys: add a generation, and let it seal from now on. What lies under the former one still opens. A region is named by its code.

    Where several machines have a copy of the keyring, do it in two steps: add, bring the new keyring to all of them, promote.

    Of index everybody is then found under the new generation, in this same command.

    Example: hedui keys rotate region/3201
keys-step-help = only this step
keys-rewrap-help =
    Put what is there under the active generations: batch keys of reports, sealed values of the registry, quarantined files. No report is opened, and signatures hold.

    Nothing named: all but index. May be killed and called again.

    Example: hedui keys rewrap 3201 --dry-run
keys-dry-run-help = only say how much there is to do
keys-revoke-help =
    Never trust a key again, and seal anew what lies under it: reports with new keys all the way down. Then drop it.

    Without GENERATION: one that was revoked and is still there, else the active one. May be killed and called again.

    Example: hedui keys revoke region/3201 1 --reason stolen
keys-reason-help = why, a code such as stolen; it goes on record
keys-keep-help = do not drop it
keys-drop-help =
    Forget the secret of a retired or revoked generation. Refused while anything lies under it.

    Example: hedui keys drop region/3201 1
keys-anyway-help = lose what still lies under it
keys-shred-help =
    Destroy the reports of households in every copy, backups included. Nothing brings them back.

    All share tables are sealed to the vault's next key, without the shares of these households, and the former keys are destroyed. May be killed and called again. Quarantined rows and the registry are not touched.

    Example: hedui keys shred H000123 --reason request
keys-yes-help = do not ask for the reference again
keys-shred-anyway-help = destroy, even though share tables could not be read; their reports are lost
keys-reconcile-help =
    After a backup of store or registry was put back: bring it to the vault's epoch. What was shredded stays so.

    Example: hedui keys reconcile
keys-worker-help =
    Write the file of keys that a worker seals with: public keys, and the signing key. It opens nothing.

    Example: hedui keys worker worker.json

keys-rotated-added = { $key }: generation { $generation } was added; it does not seal yet.
keys-rotated-active = { $key }: generation { $generation } seals from now on.
keys-rewrap-dry = Nothing was changed; there would be:
keys-rewrapped = Batches under other keys: { $done }; as they should be: { $current }
keys-rewrap-compromised = Batches under a revoked key, for which that is not enough: { $count }. Seal them anew: hedui keys revoke
keys-rewrapped-registry = Rows of the registry sealed anew: { $count }
keys-rewrapped-quarantine = Quarantined files sealed anew: { $count }
keys-rewrapped-index = People indexed anew: { $count }
keys-revoked = { $key }: generation { $generation } is revoked; { $active } is the active one.
keys-renewed = Sealed anew: { $count }
keys-dropped = { $key }: the secret of generation { $generation } is gone from this keyring. Copies of the keyring keep it.
keys-open-runs = Not published yet, and perhaps under the old key: { $runs }. Once they are, call this again with the generation's number.
keys-open-runs-quarantine = Still open, and perhaps setting rows aside under the old key, which is therefore not dropped: { $runs }. Once they are published: hedui keys rewrap quarantine, then hedui keys drop quarantine { $generation }
keys-shred-warning = The reports of { $households } households ({ $reports } published reports) will be destroyed in every copy. Nothing brings them back.
keys-shred-again = Type the household's reference again
keys-shredded = Destroyed: { $reports } reports of { $households } households. The vault is in epoch { $epoch }.
keys-shredded-dead = The token has destroyed the former keys: every copy of these reports is dead.
keys-shredded-overwritten = The former keys were overwritten in the vault's file. A copy that somebody made of that file would still open older copies of these reports; docs/keys.md.
keys-shredded-next = Now export the workers' keys anew (hedui keys worker FILE), and make new backups of store and registry: share tables in older ones are dead.
keys-shredded-open-runs = Not published yet, and may have a report of these households: { $runs }
keys-reconciled = Share tables: { $tables }, of which made good: { $restored }. The vault is in epoch { $epoch }.
keys-worker-made = Written: { $path }, for epoch { $epoch } of the vault. Bring it to the worker; it holds the signing key.
keys-left = Could not be read, and was left as it is: { $count }

keys-next-region-added = Bring the keyring to every machine that opens reports, then: hedui keys rotate { $key } --step promote
keys-next-region-active = Next: export the workers' keys (hedui keys worker FILE), hedui keys rewrap { $code }, then hedui keys drop { $key } with the former generation.
keys-next-region-revoked = Next: back up the keyring, export the workers' keys (hedui keys worker FILE), and destroy older backups of the store as far as you can: the stolen key opens what it opened before.
keys-next-registry-added = Bring the keyring to every machine that reads people, then: hedui keys rotate { $key } --step promote
keys-next-registry-active = Next: hedui keys rewrap registry, then hedui keys drop { $key } with the former generation.
keys-next-registry-revoked = Next: back up the keyring. Older backups of the registry lie under the stolen key.
keys-next-index-added = Bring the keyring to every machine that finds people, then: hedui keys rotate { $key } --step promote
keys-next-index-active = Next: back up the keyring. Keep the former generation: the audit trail's pseudonyms stand under it.
keys-next-index-revoked = Next: back up the keyring. Generation { $generation } stays, because the audit trail's pseudonyms stand under it; without it hedui audit subject does not find them.
keys-next-quarantine-added = Bring the keyring to every machine that reads quarantine, then: hedui keys rotate { $key } --step promote
keys-next-quarantine-active = Next: export the workers' keys (hedui keys worker FILE), hedui keys rewrap quarantine, then hedui keys drop { $key } with the former generation.
keys-next-quarantine-revoked = Next: back up the keyring and export the workers' keys: hedui keys worker FILE
keys-next-signing-added = Bring the keyring to every machine that reads reports, then: hedui keys rotate { $key } --step promote
keys-next-signing-active = Next: export the workers' keys (hedui keys worker FILE). Signatures of the former generation still count.
keys-next-signing-revoked = Next: export the workers' keys at once: hedui keys worker FILE
keys-next-audit-added = Next: hedui keys rotate { $key } --step promote
keys-next-audit-active = Next: hand out the new public key: hedui audit key
keys-next-audit-revoked = Next: hand out the new public key (hedui audit key) and sign the trail with it: hedui audit checkpoint

keys-column-key = Key
keys-column-generation = Generation
keys-column-state = State
keys-column-created = Created
keys-column-days = Days
keys-column-algorithm = Algorithm
keys-column-holds = Holds
keys-state-added = added
keys-state-active = active
keys-state-retired = retired
keys-state-revoked = revoked
keys-state-dropped = dropped
keys-list-plain = And { $count } regions in their first generation (--all lists them)
keys-epoch-there = Vault, epoch { $epoch }: since { $created } ({ $days } days)
keys-epoch-destroyed = Vault, epoch { $epoch }: { $created }, destroyed { $destroyed }
problem-vault-older = this vault.json is of epoch { $epoch }, and the registry knows of epoch { $known }
problem-vault-older-hint = put back the newest vault.json; it lies in no backup, so somebody kept a copy of an older one
