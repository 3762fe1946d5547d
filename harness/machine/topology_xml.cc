#include "harness/machine/topology_xml.h"

namespace moebench {

std::string_view XmlVersion(std::string_view xml) {
  constexpr std::string_view kTag = "<topology ", kName = " version=\"";
  constexpr size_t kMostDigits = 8;
  const size_t tag = xml.find(kTag);
  if (tag == std::string_view::npos) return {};
  // From the tag's last character on: the blank before the name may be the one in kTag.
  std::string_view attributes = xml.substr(tag + kTag.size() - 1);
  attributes = attributes.substr(0, attributes.find('>'));
  const size_t name = attributes.find(kName);
  if (name == std::string_view::npos) return {};
  const std::string_view value = attributes.substr(name + kName.size());
  const std::string_view version = value.substr(0, value.find_first_not_of("0123456789."));
  const bool whole = version.size() <= kMostDigits && value.substr(version.size()).starts_with('"');
  return whole ? version : std::string_view();
}

std::string WithXmlVersion(std::string_view xml, std::string_view version) {
  const std::string_view old = XmlVersion(xml);
  std::string text(xml);
  if (!old.empty()) text.replace(static_cast<size_t>(old.data() - xml.data()), old.size(), version);
  return text;
}

int CountXmlObjects(std::string_view xml, std::string_view type) {
  const std::string tag = "<object type=\"" + std::string(type) + '"';
  int count = 0;
  for (size_t at = 0; (at = xml.find(tag, at)) != std::string_view::npos; at += tag.size()) ++count;
  return count;
}

}  // namespace moebench
