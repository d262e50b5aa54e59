# ActiveRecord: migrations, schema dump, associations, types, locking, upserts. Prints its version, then what it saw.
require 'active_record'
puts ActiveRecord.version
ActiveRecord::Base.establish_connection(adapter: 'postgresql', host: '127.0.0.1', port: ARGV[0], username: 'postgres', database: 'postgres', schema_search_path: 'active_record_test,public')
connection = ActiveRecord::Base.connection
connection.execute('set client_min_messages to warning; drop schema if exists active_record_test cascade; create schema active_record_test')
ActiveRecord::Migration.verbose = false
class CreateThings < ActiveRecord::Migration[6.1]
  def change
    create_table(:authors, comment: 'who writes') { |t| t.string :name, null: false, limit: 40, index: { unique: true }; t.jsonb :doc, default: {}; t.timestamps }
    create_table(:books, id: :uuid, default: -> { 'gen_random_uuid()' }) do |t|
      t.references :author, foreign_key: { on_delete: :cascade }; t.string :title, comment: 'of the book'; t.decimal :price, precision: 8, scale: 2; t.string :tags, array: true, default: []; t.integer :lock_version, default: 0
      t.date :published; t.datetime :at, precision: 3; t.boolean :sold, default: false, null: false; t.binary :raw; t.inet :ip; t.int4range :pages; t.interval :span; t.bigint :big; t.float :ratio; t.json :plain; t.text :body; t.daterange :during; t.bit :bits, limit: 5; t.money :cost; t.point :place; t.macaddr :mac
      t.check_constraint 'price > 0', name: 'price_positive'; t.index 'lower(title)', name: 'books_lower'; t.index %i[published at], where: 'sold', order: { at: :desc }
    end
    add_column :authors, :age, :integer, default: 5; rename_column :authors, :age, :years; change_column :authors, :years, :bigint; change_column_null :authors, :years, false, 1; add_index :authors, :doc, using: :gin; change_column_default :authors, :years, from: 5, to: 7
  end
end
context = ActiveRecord::Migration.new
CreateThings.migrate(:up)
class Author < ActiveRecord::Base; has_many :books; end
class Book < ActiveRecord::Base; belongs_to :author; end
a = Author.create!(name: 'Ann', doc: { k: [1, nil] })
b = a.books.create!(title: 'One', price: 12.5, tags: %w[x y], published: Date.new(2024, 2, 29), at: Time.utc(2024, 1, 1, 2, 3, 4.567r), raw: "\x00\xff".b, ip: '10.0.0.1', pages: 1..5, span: 'P1DT2H', big: 2**60, ratio: 0.1, plain: { a: 1 }, bits: '10101', cost: 5.5, place: [1, 2], mac: '08:00:2b:01:02:03', during: Date.new(2024, 1, 1)..Date.new(2024, 2, 1))
p b.reload.attributes.except('id', 'author_id').transform_values { |v| v.is_a?(ActiveSupport::Duration) ? v.iso8601 : v }
p Author.where("doc @> ?", { k: [1] }.to_json).count, Book.where('? = any(tags)', 'x').pluck(:title), Author.includes(:books).map { |x| [x.name, x.books.size] }, Author.joins(:books).group(:name).sum('books.price')
begin; Author.create!(name: 'Ann'); rescue ActiveRecord::RecordNotUnique => e; puts e.message; end
begin; Author.create!(name: nil); rescue ActiveRecord::NotNullViolation => e; puts e.message.lines.first; end
begin; Author.connection.execute('select * from nosuch'); rescue ActiveRecord::StatementInvalid => e; puts e.message; end
stale = Book.find(b.id); b.update!(title: 'Two'); begin; stale.update!(title: 'Three'); rescue ActiveRecord::StaleObjectError => e; puts e.class; end
Author.insert_all(100.times.map { |i| { name: "bulk#{i}", created_at: Time.at(0), updated_at: Time.at(0) } })
p Author.upsert_all([{ name: 'bulk1', years: 99, created_at: Time.at(0), updated_at: Time.at(0) }], unique_by: :name).rows.size, Author.where(years: 99).count
p Author.find_each(batch_size: 30).count, Author.order(:id).offset(5).limit(2).pluck(:name), Author.where(name: 'Ann').lock.first.name, Author.average(:years), Author.pluck(Arel.sql('max(years)')), Author.exists?(name: 'no')
Author.transaction { Author.create!(name: 'outer'); Author.transaction(requires_new: true) { Author.create!(name: 'inner'); raise ActiveRecord::Rollback } }
p Author.where(name: %w[outer inner]).pluck(:name)
Author.transaction(isolation: :serializable) { p Author.connection.select_value('show transaction_isolation') }
p connection.tables.sort, connection.views, connection.indexes('books').map { |i| [i.name, i.columns, i.unique, i.orders, i.where, i.using] }, connection.foreign_keys('books').map(&:to_h), connection.check_constraints('books').map { |c| [c.name, c.expression] }
p connection.columns('books').map { |c| [c.name, c.sql_type, c.default, c.default_function, c.null, c.comment, c.array] }, connection.primary_key('books'), connection.pk_and_sequence_for('authors')&.first, connection.table_comment('authors'), connection.current_schema, connection.encoding, connection.collation.class, connection.extensions.class, connection.database_version / 10000
schema = StringIO.new
ActiveRecord::SchemaDumper.dump(connection, schema)
puts schema.string.lines.reject { |line| line.include?('enable_extension') }
puts Author.where(name: 'Ann').explain.lines.first
connection.execute("create type mood as enum ('sad', 'ok')"); connection.add_column :authors, :mood, :mood; Author.reset_column_information; a.reload; a = Author.first; a.mood = 'ok'; a.save!; p Author.first.mood
p connection.exec_query('select $1::int as n', 'x', [ActiveRecord::Relation::QueryAttribute.new('n', 5, ActiveRecord::Type::Integer.new)], prepare: true).to_a
p connection.get_advisory_lock(7), connection.release_advisory_lock(7), connection.supports_insert_on_conflict?
connection.disable_referential_integrity { Author.delete_all } rescue puts $!.class
%i[books authors].each { |t| connection.drop_table(t) }
p connection.tables.sort
connection.execute('drop schema active_record_test cascade')
