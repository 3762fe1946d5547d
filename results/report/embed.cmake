# cmake -DNAME=kReportCss -DINPUT=report.css -DOUTPUT=report_css.cc -P embed.cmake
# Writes a C++ file that defines moebench::NAME with the content of INPUT.
file(READ "${INPUT}" content)
file(WRITE "${OUTPUT}" "#include \"results/report_assets.h\"

namespace moebench {

const std::string_view ${NAME} = R\"embedded(${content})embedded\";

}  // namespace moebench
")
