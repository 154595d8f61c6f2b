"""What the posting leg must do, written by hand from the design's table, with the reasoned changes marked.

Changes against the draft (each has its reason in docs/decisions, the two machines):
 (a) a restart in typing is unsure: its start is durable, how far it came is not known (the draft's own footnote)
 (b) whenever it turns out that nothing is in the books and its money went back meanwhile, it is dropped; when it
     turns out to be in the books, a reversal is owed
 (c) money that goes back while typing is settled first: nobody can stop a burst between its keys
 (d) "not proven" calls a person only if a commit may once have been sent; else it waits
 (e) an unmarked row beside an unsure posting may be ours without its marker: a person is asked
 (f) the same money is owed one posting at a time
 (g) a posting that needs attention and surely is not in the books is dropped when its money goes back
 (h) what does not fit what is owed any more is typed again only with a person's word on the rest, and only while it
     surely is not in the books
"""

from __future__ import annotations

POSTED = "posted ? still_owed : posted +owe_reversal"
PERHAPS = "needs_attention +may_be_posted"
ABSENT = "needs_attention +surely_not_posted"
DROPPED = "not_needed +drop_both"
AGAIN = f"waiting ? still_owed : {DROPPED}"

POSTING = {
    "not_needed": """
        posting_owed > waiting ? only_one : impossible
        posting_found posting_found_wrong > = +alert
        posting_restarted posting_money_returned > =
    """,
    "waiting": f"""
        posting_owed posting_blocked posting_restarted posting_said_not_posted > =
        posting_safe_moment > checking
        posting_found posting_said_posted > {POSTED}
        posting_found_wrong > {PERHAPS}
        posting_suspected posting_limit_passed > {ABSENT}
        posting_dropped posting_replaced > not_needed
        posting_money_returned > {DROPPED}
    """,
    "checking": f"""
        posting_clear posting_proven_absent > typing ? still_owed : {DROPPED}
        posting_blocked posting_restarted posting_said_not_posted > {AGAIN}
        posting_not_proven > {PERHAPS} ? ever_committed : waiting
        posting_found posting_said_posted > {POSTED}
        posting_found_wrong > {PERHAPS}
        posting_suspected > {ABSENT}
        posting_dropped posting_replaced > not_needed
        posting_money_returned > = +settle_first
    """,
    "typing": f"""
        posting_blocked posting_flow_failed > waiting +clear_form ? still_owed : {DROPPED}
        posting_commit_reached > committing
        posting_restarted > unsure
        posting_money_returned > = +settle_first
    """,
    "committing": f"""
        posting_blocked posting_commit_returned posting_restarted posting_suspected > unsure
        posting_proven_absent posting_not_proven > unsure
        posting_found > {POSTED}
        posting_found_wrong > {PERHAPS}
        posting_money_returned > = +settle_first
    """,
    "unsure": f"""
        posting_safe_moment posting_blocked posting_commit_returned posting_restarted posting_not_proven > =
        posting_found posting_said_posted > {POSTED}
        posting_found_wrong posting_suspected posting_limit_passed > {PERHAPS}
        posting_proven_absent posting_said_not_posted > {AGAIN}
        posting_money_returned > = +settle_first
    """,
    "posted": f"""
        posting_found posting_restarted posting_said_posted > =
        posting_found_wrong > {PERHAPS}
        posting_suspected > = +alert
        posting_row_vanished > {ABSENT}
        posting_money_returned > = +owe_reversal
    """,
    "needs_attention": f"""
        posting_found_wrong posting_suspected posting_restarted posting_commit_returned posting_not_proven > =
        posting_found posting_said_posted > {POSTED}
        posting_proven_absent > {ABSENT}
        posting_said_not_posted > {AGAIN}
        posting_rest_as_credit > waiting ? surely_absent : impossible
        posting_dropped > not_needed
        posting_replaced > not_needed ? surely_absent : impossible
        posting_money_returned > {DROPPED} ? surely_absent : = +settle_first
    """,
}
