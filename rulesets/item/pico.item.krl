ruleset pico.item {
  meta {
    name "Item"
    description <<
      What a thing is: its name, description and picture, and which of these facts strangers may see.
      It also passes on to the owner what the item's rules want to say.
    >>
    shares about, public
  }

  global {
    facts = ["name", "description", "picture"]

    // Everything, for the owner: {"name", "description", "picture", "public": [names of facts]}.
    about = function() {
      {
        "name": ent:name,
        "description": ent:description,
        "picture": ent:picture,
        "public": visible()
      }
    }

    // What anybody may see: the public facts only.
    public = function() {
      about().filter(function(value, key) { visible() >< key && not value.isnull() })
    }

    visible = function() {
      ent:public.defaultsTo(["name"])
    }

    problem = function(attrs) {
      attrs{"name"} != null && not attrs{"name"}.as("String").match(re#\S#) => "name-missing" |
      attrs{"name"}.as("String").length() > 120 => "name-too-long" |
      attrs{"description"}.as("String").length() > 4000 => "description-too-long" |
      attrs >< "public" && attrs{"public"}.typeof() != "Array" => "public-not-a-list" |
      null
    }

    hints = {
      "name-missing": "Give the item a name.",
      "name-too-long": "A name has at most 120 characters.",
      "description-too-long": "A description has at most 4000 characters.",
      "public-not-a-list": "`public` is a list of names of facts."
    }
  }

  rule describe {
    select when item described
    pre {
      attrs = event:attrs
      code = problem(attrs)
    }
    if code then
      send_directive("refused", {"code": code, "hint": hints{code}})
    notfired {
      ent:eci := attrs{"eci"} if attrs >< "eci"
      ent:name := attrs{"name"}.trim() if attrs >< "name" && attrs{"name"}
      ent:description := attrs{"description"}.as("String").trim() if attrs >< "description"
      ent:picture := attrs{"picture"} if attrs >< "picture"
      ent:public := facts.intersection(attrs{"public"}) if attrs >< "public"
      raise item event "changed" attributes {"name": ent:name}
    }
  }

  rule tell_owner_the_name {
    select when item changed
    event:send({"eci": ctx:parent, "domain": "owner", "type": "item_renamed",
                "attrs": {"eci": ent:eci, "name": ent:name}})
  }

  // For any rule on this item: raise owner event "notify" attributes {"title", "text"}.
  rule notify_owner {
    select when owner notify
    event:send({"eci": ctx:parent, "domain": "inbox", "type": "notice_arrived",
                "attrs": {"eci": ent:eci, "item_name": ent:name,
                          "title": event:attrs{"title"}, "text": event:attrs{"text"}}})
  }
}
