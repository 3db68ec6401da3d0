# seeds.sh TARGET DIRECTORY: the archives of the ordinary tests, packed for `blob` and unpacked for `tar`.
case $1 in
    tar) for file in ../testdata/tar/*.gz; do gzip -dc "$file" > "$2/$(basename "$file" .gz)"; done ;;
    blob) cp ../testdata/tar/*.gz "$2" ;;
    *) cp seeds/"$1"/* "$2" ;;
esac
