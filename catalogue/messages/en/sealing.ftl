# The sealed format, version 2.

problem-sealing-broken =
    { $file ->
        [batch] the batch file of county { $county } in run { $run }
        [shares] the share table of county { $county } in run { $run }
       *[report] the sealed report of { $household } in run { $run }
    } does not open: { $part ->
        [layout] it is not whole, or not a file of this kind
        [names] it belongs to another household, county or run
        [signer] it is signed by a key that is not trusted here
        [signature] its signature does not hold
        [head] it is not the one that was published
        [recipient] it is not sealed to this key
        [batch-key] the batch key in it is not the one that was signed
        [batch-seal] the list of those who can open it was changed
        [table] the table's key in it was changed
        [path] it is not among the reports that were signed
        [share] the household's share was changed or belongs to another
        [data-key] its data key was changed, or the share is not its own
        [commitment] its data key is not the one that it commits to
        [payload] its content was changed
       *[document] its content is not a document of this format
    }
problem-sealing-broken-hint = check that store, keyring and vault belong to this registry; otherwise restore the store from a copy
problem-sealing-too-long = the report of household { $household } is too long: at most { $longest } bytes, and compressed { $limit }
problem-sealing-too-long-hint = look at the records of this household: some source has delivered far more of them than one family can have
problem-report-shredded = the report of household { $household } in run { $run } was destroyed for good
problem-report-shredded-hint = nothing brings it back; the audit trail says who destroyed it, when and why
problem-shred-not-in-batch = county { $county } has no report of household { $household } in run { $run }
problem-shred-not-in-batch-hint = nothing was destroyed there; check the household's reference: hedui report list
