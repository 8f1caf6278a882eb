# trellis_room(<name> [ROOMS <rooms above>...] [LIBS <imported targets>...])
#
# One static library from every .cpp below the calling folder (main.cpp apart), linked with only the
# rooms it names.
function(trellis_room name)
  cmake_parse_arguments(ROOM "" "" "ROOMS;LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  add_library(trellis_${name} STATIC ${sources})
  target_include_directories(trellis_${name} PUBLIC "${CMAKE_SOURCE_DIR}/src")
  list(TRANSFORM ROOM_ROOMS PREPEND trellis_)
  target_link_libraries(trellis_${name} PUBLIC ${ROOM_ROOMS} ${ROOM_LIBS})
endfunction()

# trellis_unit_test(<room> [LIBS <targets>...]): one doctest program from tests/unit/<room>/*.cpp.
function(trellis_unit_test room)
  cmake_parse_arguments(UNIT "" "" "LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${room}/*.cpp")
  if(NOT sources OR NOT TARGET trellis_${room})
    return()
  endif()
  add_executable(test_${room} ${sources} "${CMAKE_CURRENT_SOURCE_DIR}/main.cpp")
  target_include_directories(test_${room} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
  target_link_libraries(test_${room} PRIVATE trellis_${room} ${UNIT_LIBS})
  add_test(NAME ${room} COMMAND test_${room})
endfunction()
