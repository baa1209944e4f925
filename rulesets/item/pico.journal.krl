ruleset pico.journal {
  meta {
    name "Journal"
    description <<
      What happened to the item, entry by entry. Entries are only ever added.
      Anybody with a say adds one by journal:entry_written {"text", "author"}.
    >>
    shares entries
  }

  global {
    page_size = 100

    // The newest entries: [{"id", "time", "author", "text"}].
    entries = function() {
      ent:entries.defaultsTo({}).values().reverse().filter(function(entry, position) { position < page_size })
    }
  }

  rule write {
    select when journal entry_written text re#\S#
    pre {
      id = ent:last_entry.defaultsTo(0) + 1
    }
    if event:attrs{"text"}.length() <= 10000 then
      send_directive("entry_written", {"id": id})
    fired {
      ent:last_entry := id
      ent:entries{id} := {
        "id": id,
        "time": event:time,
        "author": event:attrs{"author"}.defaultsTo("owner"),
        "text": event:attrs{"text"}
      }
    } else {
      raise journal event "refused"
        attributes {"code": "text-too-long", "hint": "An entry has at most 10000 characters."}
    }
  }

  rule nothing_written {
    select when journal entry_written where not event:attrs{"text"}.defaultsTo("").as("String").match(re#\S#)
    send_directive("refused", {"code": "text-missing", "hint": "Write something."})
  }

  rule refuse {
    select when journal refused
    send_directive("refused", event:attrs)
  }
}
