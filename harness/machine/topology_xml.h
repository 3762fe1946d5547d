// hwloc's XML as text: which version wrote it, what it describes, and how hwloc 2 is made to read
// what hwloc 3 wrote.
// What hwloc 3 changed (its NEWS and topology-xml.c, hwloc__xml_export_object_contents): objects
// got `id` and caches `cache_inclusive`; page sizes, memory tiers, PCI localities and what is known
// of the whole machine moved behind the root object; types of I/O devices became a set of bits; a
// kind of distances counts hops. There is no new type of object. hwloc 2 (2.9's hwloc_look_xml)
// passes over attributes that it doesn't know and stops at the first unknown tag behind the root
// object, where distances come before all of hwloc 3's own. Of what is asked of a topology here
// nothing is lost; whether that is so of a file is counted. Pure.
#pragma once

#include <string>
#include <string_view>

namespace moebench {

// "3.0" of <topology version="3.0">; empty where none is given (hwloc 1), where it is no version
// and where there is no such tag.
std::string_view XmlVersion(std::string_view xml);

// The same text with another version in that tag; as it is where it has none.
std::string WithXmlVersion(std::string_view xml, std::string_view version);

// How many objects of a type ("PU") the text holds.
int CountXmlObjects(std::string_view xml, std::string_view type);

}  // namespace moebench
