ruleset pico.owner {
  meta {
    name "Owner"
    description <<
      A person's own cloud: it creates items, knows them by name, and keeps the inbox
      where the items' rules put what they have to say.
    >>
    shares items, inbox
  }

  global {
    // Every item starts with these, in this order.
    item_rulesets = [
      {"url": "pico:item/pico.item.krl"},
      {"url": "pico:item/pico.tag.krl"},
      {"url": "pico:item/pico.journal.krl"}
    ]
    inbox_size = 1000
    page_size = 100

    // The items: [{"eci", "name"}], oldest first.
    items = function() {
      ent:items.defaultsTo({}).values()
    }

    // The newest notices after the one with the id `since`: [{"id", "time", "item", "item_name", "title", "text"}].
    inbox = function(since = 0) {
      ent:inbox.defaultsTo({}).values()
        .filter(function(notice) { notice{"id"} > since })
        .reverse()
        .filter(function(notice, position) { position < page_size })
    }
  }

  rule create_item {
    select when owner item_wanted name re#\S#
    pre {
      name = event:attrs{"name"}
    }
    if name.length() <= 120 then every {
      ctx:newPico(item_rulesets) setting(eci)
      event:send({"eci": eci, "domain": "item", "type": "described",
                  "attrs": event:attrs.put("eci", eci)})
      event:send({"eci": eci, "domain": "tag", "type": "wanted", "attrs": {"label": "first tag"}})
      send_directive("item_created", {"eci": eci})
    }
    fired {
      ent:items{eci} := {"eci": eci, "name": name}
    } else {
      raise owner event "refused" attributes {"code": "name-too-long", "hint": "A name has at most 120 characters."}
    }
  }

  rule name_is_missing {
    select when owner item_wanted where not event:attrs{"name"}.as("String").match(re#\S#) || event:attrs{"name"}.isnull()
    send_directive("refused", {"code": "name-missing", "hint": "Give the item a name."})
  }

  rule refuse {
    select when owner refused
    send_directive("refused", event:attrs)
  }

  rule item_renamed {
    select when owner item_renamed
    pre {
      eci = event:attrs{"eci"}
    }
    if ent:items.defaultsTo({}) >< eci then noop()
    fired {
      ent:items{[eci, "name"]} := event:attrs{"name"}
    }
  }

  rule keep_notice {
    select when inbox notice_arrived
    pre {
      id = ent:last_notice.defaultsTo(0) + 1
      notice = {
        "id": id,
        "time": event:time,
        "item": event:attrs{"eci"},
        "item_name": event:attrs{"item_name"},
        "title": event:attrs{"title"}.defaultsTo("Notice").as("String").substr(0, 200),
        "text": event:attrs{"text"}.defaultsTo("").as("String").substr(0, 4000)
      }
    }
    always {
      ent:last_notice := id
      ent:inbox{id} := notice
      clear ent:inbox{id - inbox_size} if id > inbox_size
    }
  }
}
