# Dumps the database of SET into /backups, and removes dumps that are older than KEEP_DAYS. A dump that was interrupted
# never has its final name.
set -euo pipefail
folder=/backups/$SET
file=$folder/$(date --utc +%Y-%m-%dT%H-%M-%SZ).archive.gz
mkdir -p "$folder"
umask 077
printf 'uri: "%s"\n' "$(cat /etc/mongodb/secrets/backup-uri)" >/tmp/mongodump.yaml
mongodump --config=/tmp/mongodump.yaml --readPreference=secondaryPreferred --db="$SET" --gzip --archive="$file.part"
mv "$file.part" "$file"
find "$folder" -name '*.archive.gz' -mtime "+${KEEP_DAYS:-14}" -delete
find "$folder" -name '*.part' -mtime +1 -delete
echo "Wrote $file, $(stat --format=%s "$file") bytes."
