# Access: who may do what, break-glass, and what of a report is withheld.

problem-not-permitted = { $actor } holds no role that allows this: { $action }
problem-not-permitted-hint = the refusal is on record; an administrator gives roles: hedui access grant
problem-not-by-oneself = nobody does this for themselves: { $action }
problem-not-by-oneself-hint = ask another person who may; the refusal is on record
problem-access-unknown-role = there is no such role
problem-access-unknown-role-hint = roles: { $roles }
problem-access-unknown-region = there is no such region
problem-access-unknown-region-hint = 32, a city or county of catalogue/regions.toml, or 320102/ and a township spelled as in the registry, where some household is
problem-access-bad-actor = that is no name of an account
problem-access-bad-actor-hint = up to 128 characters without spaces, as the operating system knows the account
problem-access-first-administrator = the first role given must be administrator over the whole province
problem-access-first-administrator-hint = hedui access grant ACCOUNT administrator
problem-access-held-already = this account holds { $role } over { $region } already
problem-access-held-already-hint = see who holds what: hedui access list
problem-access-no-such-grant = there is no grant { $number } that holds
problem-access-no-such-grant-hint = see who holds what: hedui access list
problem-access-last-administrator = this is the last administrator over the province
problem-access-last-administrator-hint = make another one first: without any, nobody could give roles again
problem-break-glass-reason = that is no reason for break-glass
problem-break-glass-reason-hint = reasons: { $reasons }
problem-break-glass-reference = household and case are named by their references, never by a number or a name of a person
problem-break-glass-reference-hint = for example: hedui access break-glass request H000123 --reason moved --case C2026-000123
problem-break-glass-unknown = there is no such household with such a case
problem-break-glass-unknown-hint = check both references with the office that asks; the refusal is on record
problem-break-glass-not-needed = this household lies in your region: its report is open to you
problem-break-glass-not-needed-hint = hedui report show
problem-break-glass-hours = break-glass lasts at least 1 hour and at most { $most }
problem-break-glass-hours-hint = approve for fewer hours; it can be asked for again
problem-break-glass-no-such-request = there is no request { $number } that you could approve or end
problem-break-glass-no-such-request-hint = see which there are: hedui access break-glass list
problem-break-glass-not-pending = request { $number } was approved, has lapsed, has expired or was ended before
problem-break-glass-not-pending-hint = see how it stands: hedui access break-glass list
problem-release-policy-refused = { $file } has mistakes ({ $count }), and nothing is released: { $mistakes }
problem-release-policy-refused-hint = mend each of them; docs/access.md explains the file
problem-registry-no-reader = PostgreSQL keeps no rows from readers: the role { $role } cannot be made or taken by { $owner } ({ $kind })
problem-registry-no-reader-hint = have an administrator of the server run once: CREATE ROLE { $role } NOLOGIN; GRANT { $role } TO { $owner }; then try again
access-release-unreadable = is not a TOML file that can be read ({ $kind })
access-release-twice = two editions begin on { $date }
access-release-document = a confirmed edition names its document
access-release-unknown = { $name } is not known

cli-access = roles: who may do what where; break-glass
access-help =
    Give roles and end them, and ask for one household outside one's region.

    Example: hedui access whoami
access-whoami-help =
    Show who you are to Hedui, which roles you hold over which regions, and what break-glass opens to you now.

    Example: hedui access whoami
access-list-help =
    List who holds which role over which region. Administrators and auditors may.

    Example: hedui access list --all
access-all-help = also what has ended: who held which role when
access-grant-help =
    Give an account a role over a region. The first one given must be an administrator; nobody gives themselves another.

    Example: hedui access grant li.na caseworker --region 320102
access-region-help = 32, a city, a county, or a county and a township: 320102/…
access-end-help =
    End a grant by its number. It stays on file.

    Example: hedui access end 12
access-break-glass-help =
    Read one household's report outside one's region, for hours, once a second person has agreed.

    Example: hedui access break-glass request H000123 --reason moved --case C2026-000123
access-request-help =
    Ask to read a household's report. A reviewer in whose region it lies has to approve.

    Example: hedui access break-glass request H000123 --reason moved --case C2026-000123
access-reason-help = why: moved, joint_handling, emergency, complaint, supervision
access-case-help = the case for which it is needed
access-approve-help =
    Approve another person's request, for some hours from now.

    Example: hedui access break-glass approve 3 --hours 2
access-hours-help = for how long, at most 24
access-requests-help =
    List your own requests and those that you may approve.

    Example: hedui access break-glass list
access-withdraw-help =
    End a request before it expires, approved or not.

    Example: hedui access break-glass end 3
access-demo = note: no role was given to anyone yet, so that whoever runs this holds every role (demo); begin with: hedui access grant ACCOUNT administrator
access-you-are = You are { $actor }.
access-no-role = You hold no role.
access-opened = Break-glass opens to you: { $households }
access-granted = Grant { $number }: { $actor } holds { $role } over { $region }.
access-ended = Grant { $number } has ended. It stays on file.
access-requested = Request { $number } is on file. A reviewer of that household's region has to approve it.
access-approved = Request { $number } is approved until { $until }.
access-withdrawn = Request { $number } has ended.
access-count = { $count } grants
access-requests-count = { $count } requests
access-column-number = No.
access-column-actor = account
access-column-role = role
access-column-region = region
access-column-granted = given
access-column-ended = ended
access-column-household = household
access-column-reason = reason
access-column-case = case
access-column-state = state
access-column-requested = asked
access-column-approved = approved by
access-column-expires = until
access-role-caseworker = caseworker
access-role-reviewer = reviewer
access-role-data_engineer = data engineer
access-role-auditor = auditor
access-role-administrator = administrator
access-reason-moved = the family moved
access-reason-joint_handling = several offices handle it together
access-reason-emergency = emergency
access-reason-complaint = complaint
access-reason-supervision = inspection
access-state-requested = waits for approval
access-state-lapsed = lapsed: not approved in time
access-state-open = open
access-state-expired = expired
access-state-ended = ended

report-withheld = withheld
report-withheld-title = Not everything is shown
report-findings-withheld = None that may be shown.
withheld-consent = { $member }: everything from sources, since the letter of consent is not live any more
withheld-policy = { $category }: { $items }; not for this purpose
withheld-everything = all of it
withheld-rests_on = figures that rest on what is withheld: { $figures }
