#!/bin/sh
# Before `npm start`, `npm test` and `npm run service`: the Node 26 that npm installs needs libatomic, which a minimal
# Debian lacks, and no code of ours runs without it.
said=$(node --version 2>&1) && exit 0
case $said in
  *libatomic*)
    echo 'Node 26 needs libatomic.so.1: apt-get install libatomic1 (Debian, Ubuntu)' \
      'or dnf install libatomic (Fedora), then again' >&2
    ;;
  *) echo "node does not run here: $said" >&2 ;;
esac
exit 1
