# Keys: their files, their generations, the token.

problem-key-file-missing = { $file ->
        [keyring] the keyring { $path } is not there
        [master] the master key { $path } is not there
        [vault] the vault { $path } is not there
        [worker] the worker's keys { $path } are not there
       *[pin] the file of the token's PIN { $path } is not there
    }
problem-key-file-missing-hint = { $file ->
        [keyring] put back your copy of it: without it nothing that was sealed can be opened
        [master] put back your copy of it: without it the keyring does not open
        [vault] it has no copy, on purpose; without it no sealed report opens: docs/keys.md
        [worker] export it on the machine that holds the keyring, and bring it here
       *[pin] write the PIN into it and make it yours alone: chmod 600 { $path }
    }
problem-key-file-unreadable = { $file ->
        [keyring] the keyring { $path } is damaged or is not a keyring
        [master] the master key { $path } is damaged or is not a master key
        [vault] the vault { $path } is damaged or is not a vault
        [worker] the worker's keys { $path } are damaged or are not a worker's keys
       *[pin] the file of the token's PIN { $path } cannot be read
    }
problem-key-file-unreadable-hint = { $file ->
        [keyring] put back your copy of it; a new one opens nothing that is already there
        [master] put back your copy of it; without it the keyring does not open
        [vault] it has no copy, on purpose; see docs/keys.md for what is lost and what can be made again
        [worker] export them anew on the machine that holds the keyring
       *[pin] check that it is an ordinary file and yours to read
    }
problem-key-file-open-to-others = { $file ->
        [keyring] the keyring
        [master] the master key
        [vault] the vault
        [worker] the file of the worker's keys
       *[pin] the file of the token's PIN
    } { $path } can be read by others (mode { $mode })
problem-key-file-open-to-others-hint = make it yours alone: chmod 600 { $path }
problem-key-file-unwritable = { $file ->
        [keyring] the keyring
        [master] the master key
        [vault] the vault
        [worker] the file of the worker's keys
       *[pin] the file of the token's PIN
    } { $path } cannot be written ({ $error })
problem-key-file-unwritable-hint = check that the folder is yours to write, has room, and its file system knows hard links and locks
problem-key-file-busy = another process has been changing { $path } for too long
problem-key-file-busy-hint = wait until it has finished; if it hangs, end it: the lock goes with it
problem-key-provider-other = { $path } is not sealed under the master key at hand ({ $where }), but under another of kind { $kind }
problem-key-provider-other-hint = use the master key that belongs to it; the settings say where it lies
problem-key-unknown = there is no key { $key } in { $path }
problem-key-unknown-hint = check the name: registry, index, quarantine, signing, audit, or region/ and a code of catalogue/regions.toml
problem-key-already-added = key { $key } has a generation already that was added and not promoted
problem-key-already-added-hint = promote that one first
problem-key-none-added = key { $key } has no generation that could be promoted
problem-key-none-added-hint = add one first
problem-key-generations-spent = key { $key } has had { $most } generations, and there can be no more
problem-key-generations-spent-hint = begin a new keyring, and seal everything anew under it
problem-key-no-such-generation = key { $key } has no generation { $generation }
problem-key-no-such-generation-hint = look which ones there are
problem-key-in-use = generation { $generation } of key { $key } is in use
problem-key-in-use-hint = promote another first, and seal anew what lies under this one
problem-key-not-here = this worker does not hold the key { $key }: { $path } has public keys and the signing key only
problem-key-not-here-hint = do this on the machine that holds the keyring
problem-vault-no-such-epoch = the vault has no epoch { $epoch }
problem-vault-no-such-epoch-hint = this vault.json is older than what was sealed: put back the newest one, which lies in no backup
problem-vault-epoch-destroyed = the vault's key of epoch { $epoch } was destroyed on { $date }
problem-vault-epoch-destroyed-hint = nothing brings it back: what is sealed to it is an old copy, made before a household was destroyed
problem-vault-epoch-current = epoch { $epoch } is the vault's current one
problem-vault-epoch-current-hint = begin the next epoch first, and seal every share table to it
problem-token-lacks-key = the token { $token } holds no key { $label }
problem-token-lacks-key-hint = use the token that belongs to this keyring
problem-token-unusable = the token { $token } cannot be used ({ $error })
problem-token-unusable-hint = check that the token is there, the module and the PIN are right, and Hedui is installed with the extra hsm
problem-key-provider-settings = the master key is to be in a token, and the settings do not say which
problem-key-provider-settings-hint = set HEDUI_PKCS11_MODULE (the token's library) and HEDUI_PKCS11_PIN_FILE; docs/settings.md
problem-key-file-not-yours = { $path } belongs to another account
problem-key-file-not-yours-hint = Hedui runs under one account that owns the keys: come in through it, as with sudo -u hedui hedui …; the trail names who logged in
problem-worker-not-over = { $path } holds something else than a worker's keys, and is not written over
problem-worker-not-over-hint = name a new file
problem-keys-none-yet = there are no keys in { $folder }
problem-keys-none-yet-hint = import households first, which makes them; if there were keys, set HEDUI_HOME or HEDUI_KEYS to where they are, or put back your copies
